from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class PeopleTold(DomainEvent):
    """These agents have something new to read, or have read some of it: the number beside their bell is another."""

    agent_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class WorkSaid(DomainEvent):
    """Somebody works on a ticket from now on, or does so no more: whoever looks at it sees them, or does not."""

    ticket_id: UUID
    agent_id: UUID
