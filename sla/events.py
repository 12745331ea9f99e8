"""What happens to clocks, for those who warn, remind and rank."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ClockEvent(DomainEvent):
    clock_id: UUID
    ticket_id: UUID
    envelope_id: UUID | None
    """Of a clock that measures help; such a one is nothing for the customer."""
    metric: str


@dataclass(frozen=True, kw_only=True)
class ClockBreached(ClockEvent):
    """A promise was not kept. Published once for each clock; `occurred_at` is when it was missed."""

    is_by_retarget: bool


@dataclass(frozen=True, kw_only=True)
class DueMoved(ClockEvent):
    """The clock is due at another moment, began, stands still (`due_at` None), runs again, or has ended (None).

    Of the clocks that a ticket begins with nothing is told until they change: `TicketCreated` says that they run.
    """

    old_due_at: datetime | None
    due_at: datetime | None
    state: str


@dataclass(frozen=True, kw_only=True)
class ClocksBegun(DomainEvent):
    """A ticket that a mail has made got its clocks, which run since it was created. Of all others `TicketCreated` says
    so.
    """

    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class TermsFollowed(DomainEvent):
    """These open tickets were looked at after an edit of what admins set, or of their customer's tier. Not within one
    transaction.
    """

    ticket_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PauseChanged(DomainEvent):
    """A supervisor or manager has let the ticket's clocks stand still, or run on before their time; also where they
    stood, and stand, still for another reason.
    """

    ticket_id: UUID
