"""What happens to tickets, for the apps above."""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class TicketEvent(DomainEvent):
    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class TicketCreated(TicketEvent):
    """A ticket stands in its team's queue. `entry_id` is the customer's message that made it."""

    entry_id: UUID | None = None
    may_be_answered: bool = False
    """Whether an automatic acknowledgement may be sent to the requester (the loop guard's verdict)."""


@dataclass(frozen=True, kw_only=True)
class TicketOffered(TicketEvent):
    agent_id: UUID
    offered_by_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class OfferEnded(TicketEvent):
    """Withdrawn or lapsed; the ticket stands in the queue again."""

    agent_id: UUID
    has_lapsed: bool


@dataclass(frozen=True, kw_only=True)
class TicketAccepted(TicketEvent):
    """A ticket got its owner. Published once in the life of a ticket."""

    owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class TeamChanged(TicketEvent):
    old_team_id: UUID
    new_team_id: UUID


@dataclass(frozen=True, kw_only=True)
class OwnershipTransferred(TicketEvent):
    transfer_id: UUID
    old_owner_id: UUID
    new_owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class StatusChanged(TicketEvent):
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class TicketResolved(TicketEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class TicketClosed(TicketEvent):
    is_confirmed: bool


@dataclass(frozen=True, kw_only=True)
class TicketCancelled(TicketEvent):
    code: str


@dataclass(frozen=True, kw_only=True)
class PriorityChanged(TicketEvent):
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(TicketEvent):
    """A person on the customer's side wrote; automatic mail never counts."""

    entry_id: UUID


@dataclass(frozen=True, kw_only=True)
class PublicReplyReleased(TicketEvent):
    """The hold is over and the reply is on the timeline; SLAs count this moment."""

    entry_id: UUID
    message_id: UUID
    author_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class NoteAdded(TicketEvent):
    entry_id: UUID
    author_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TaskChanged(TicketEvent):
    task_id: UUID
    status: str


@dataclass(frozen=True, kw_only=True)
class TaskAssigned(TicketEvent):
    """A task was given to a person, by being added or handed on."""

    task_id: UUID
    agent_id: UUID
    assigned_by_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class MessageNotSent(TicketEvent):
    """A mail to the customer has failed for good; the author should know."""

    message_id: UUID
    author_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ScheduledReplyDropped(TicketEvent):
    """A reply that waited for its moment will not be sent; `reason` is one of `Unsent`."""

    message_id: UUID
    author_id: UUID | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class EntryMoved(TicketEvent):
    """An entry stands on this ticket now instead of on `from_ticket_id`: moved, or moved back (`cause`)."""

    from_ticket_id: UUID
    entry_id: UUID
    cause: str
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketEvent):
    """The ticket has ended as a duplicate; these entries stand on `into_id` now."""

    into_id: UUID
    entry_ids: tuple[UUID, ...]
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class MergeUndone(TicketEvent):
    """The ticket is open again, and its entries are back from `from_id`."""

    from_id: UUID
    entry_ids: tuple[UUID, ...]
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class TicketSplit(TicketEvent):
    """The ticket has come to be from an entry that stood on `from_id`."""

    from_id: UUID
    entry_id: UUID
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageUndelivered(TicketEvent):
    """A mail had left and came back: these addresses, divided by commas, did not get it."""

    message_id: UUID
    author_id: UUID | None
    addresses: str
