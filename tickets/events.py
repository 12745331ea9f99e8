"""What happens to tickets, for the apps above."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class TicketEvent(DomainEvent):
    ticket_id: UUID


@dataclass(frozen=True, kw_only=True)
class BulkActEnded(DomainEvent):
    """Nothing of an act on many tickets, or of its undo, is left to do. Published once for each of the two."""

    act_id: UUID
    person_id: UUID
    is_undo: bool = False
    was_stopped: bool = False
    is_answered: bool = False
    """The request that asked for it has done it, and its answer is the receipt."""


@dataclass(frozen=True, kw_only=True)
class TicketTouched(TicketEvent):
    """Something that its page shows is other than before. What it is, the other events say, where somebody asks."""


@dataclass(frozen=True, kw_only=True)
class TicketCreated(TicketEvent):
    """A ticket stands in its team's queue. `entry_id` is the customer's message that made it."""

    entry_id: UUID | None = None
    may_be_answered: bool = False
    """Whether an automatic acknowledgement may be sent to the requester (the loop guard's verdict)."""
    is_vip: bool = False
    """The requester's tier, or their company's, is VIP."""
    may_be_repeated: bool = True
    """It follows another ticket or has a category, by which earlier contacts may be about the same."""
    is_prepared: bool = True
    """Apps above have added what is theirs (`extensions.creation_ways`); else they do so after the commit."""


@dataclass(frozen=True, kw_only=True)
class TicketOffered(TicketEvent):
    agent_id: UUID
    offered_by_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class OfferEnded(TicketEvent):
    """Withdrawn or lapsed; the ticket stands in the queue again."""

    agent_id: UUID
    has_lapsed: bool
    by_id: UUID | None = None
    """The agent who ended it, if it was one."""


@dataclass(frozen=True, kw_only=True)
class TicketAccepted(TicketEvent):
    """A ticket got its owner. Published once in the life of a ticket."""

    owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class TeamChanged(TicketEvent):
    old_team_id: UUID
    new_team_id: UUID


@dataclass(frozen=True, kw_only=True)
class RequesterChanged(TicketEvent):
    """Somebody else is the customer of the ticket from now on: answers go to them."""

    old_id: UUID
    new_id: UUID


@dataclass(frozen=True, kw_only=True)
class OwnershipTransferred(TicketEvent):
    transfer_id: UUID
    old_owner_id: UUID
    new_owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class StatusChanged(TicketEvent):
    old: str
    new: str
    by_id: UUID | None = None
    """The agent who did it, if it was one."""


@dataclass(frozen=True, kw_only=True)
class StaffActed(TicketEvent):
    """A person of the desk did something on an owned ticket or on help for it, and its timeline tells so. What goes out
    in somebody's name by itself is none of it.
    """

    kind: str
    """Of the entry."""


@dataclass(frozen=True, kw_only=True)
class TicketResolved(TicketEvent):
    by_id: UUID | None = None
    """The owner, or a deputy in their place."""


@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketEvent):
    by_id: UUID | None = None
    """The agent who did it; none: the customer."""


@dataclass(frozen=True, kw_only=True)
class TicketClosed(TicketEvent):
    is_confirmed: bool
    by_id: UUID | None = None
    """The agent who did it on the customer's word, if it was one."""


@dataclass(frozen=True, kw_only=True)
class TicketCancelled(TicketEvent):
    code: str


@dataclass(frozen=True, kw_only=True)
class PriorityChanged(TicketEvent):
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class CategoryChanged(TicketEvent):
    """It is about something else, or about nothing named any more."""


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(TicketEvent):
    """A person on the customer's side wrote; automatic mail never counts."""

    entry_id: UUID
    was_answered: bool = False
    """They had had a first answer before."""


@dataclass(frozen=True, kw_only=True)
class PublicReplyReleased(TicketEvent):
    """The hold is over and the reply is on the timeline; SLAs count this moment."""

    entry_id: UUID
    message_id: UUID
    author_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class AnswerWithdrawn(TicketEvent):
    """A reply was taken back after its release and before it was sent: nobody has been answered by it."""

    given_at: datetime
    """When it was released."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    """When the first and the last of those were released that remain."""


@dataclass(frozen=True, kw_only=True)
class NoteAdded(TicketEvent):
    entry_id: UUID
    author_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class CustomerCalled(TicketEvent):
    """Somebody has written down a call or chat that the customer began."""

    entry_id: UUID


@dataclass(frozen=True, kw_only=True)
class AttemptMarked(TicketEvent):
    """An entry is an attempt that worked or did not, or is none any more."""

    entry_id: UUID
    outcome: str


@dataclass(frozen=True, kw_only=True)
class FlagAdded(TicketEvent):
    """`type` is a `FlagType`. Each effect of a flag is a receiver of its own."""

    flag_id: UUID
    type: str
    by_id: UUID | None
    """The agent who did it, if it was one."""


@dataclass(frozen=True, kw_only=True)
class FlagCleared(TicketEvent):
    flag_id: UUID
    type: str
    by_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class VipTicketsLeft(DomainEvent):
    """A contact, or everybody at a company, has become VIP, and some of their open tickets are not flagged yet."""

    contact_id: UUID | None
    company_id: UUID | None


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
class AsideDropped(TicketEvent):
    """A held mail that is not the customer's is not sent: what it was for has ended."""

    message_id: UUID
    author_id: UUID | None
    by_id: UUID | None
    """The agent whose act it follows from; None for programs and the desk itself."""


@dataclass(frozen=True, kw_only=True)
class MessageNotSent(TicketEvent):
    """A mail to the customer has failed for good; the author should know.

    Where some recipients have it all the same, these are `reached`, the others `missed`; addresses divided by commas.
    """

    message_id: UUID
    author_id: UUID | None
    reached: str = ""
    missed: str = ""
    is_unclear: bool = False
    """Nobody knows whether it has left: its worker was killed, or the server's answer was lost."""


@dataclass(frozen=True, kw_only=True)
class ScheduledReplyDropped(TicketEvent):
    """A reply that had not left will not be sent; `reason` is one of `Unsent`, `by_id` the agent whose act had it
    dropped, if it was one. Named after those that wait for their moment, as stored events carry the name.
    """

    message_id: UUID
    author_id: UUID | None
    reason: str
    by_id: UUID | None = None
    is_scheduled: bool = True
    """False for one that waited for nothing but its author's undo time or the mail server."""


@dataclass(frozen=True, kw_only=True)
class AsideReleased(TicketEvent):
    """A mail that is not the customer's is on its way; its entry is on nobody's main thread."""

    message_id: UUID
    entry_id: UUID
    author_id: UUID | None


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
    """A mail had left and came back: these addresses, divided by commas, did not get it. Where it is not sure, the
    report named no mail.
    """

    message_id: UUID
    author_id: UUID | None
    addresses: str
    is_sure: bool = True


@dataclass(frozen=True, kw_only=True)
class ResolutionRecorded(TicketEvent):
    """What is done for the customer was written down. `status` says whether somebody has to approve it."""

    resolution_id: UUID
    tier: str
    status: str


@dataclass(frozen=True, kw_only=True)
class ResolutionDecided(TicketEvent):
    """Approved, rejected or withdrawn; by nobody where the ticket's end withdrew it."""

    resolution_id: UUID
    status: str
    by_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ApprovalOverdue(TicketEvent):
    """Nobody has decided for too long. Published once for each resolution."""

    resolution_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResolutionReviewed(TicketEvent):
    """The first verdict, which is the outcome. Later apps log it as knowledge."""

    resolution_id: UUID
    item_id: UUID
    outcome: str
