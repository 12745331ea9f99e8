"""What happens to alerts, for those who react to them."""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class AlertFired(DomainEvent):
    """A ticket has stood still for too long, or is due soon. Published once for each alert."""

    alert_id: UUID
    ticket_id: UUID
    condition: str
    level: int
    is_highest: bool
    """Of the levels that were found due together; only of this one are people told."""


@dataclass(frozen=True, kw_only=True)
class AlertAcknowledged(DomainEvent):
    alert_id: UUID
    ticket_id: UUID
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class AlertsOutdated(DomainEvent):
    """What alerts of these conditions were raised for is no more. Whoever listens in the transaction still finds them
    as they were; there may be none.
    """

    ticket_id: UUID
    conditions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AlertLeftUntold(DomainEvent):
    """Somebody was to be told of it, and is not any more: it was acknowledged or cleared before."""

    alert_id: UUID
    ticket_id: UUID
    condition: str
    agent_id: UUID
