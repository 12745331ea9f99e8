"""What happens to tickets moves their scores, at the end of the same act: a ticket and its score never disagree."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from core.events import DomainEvent, subscribe
from envelopes.events import (
    EnvelopeAccepted,
    EnvelopeCancelled,
    EnvelopeDeclined,
    EnvelopeOpened,
    EnvelopeRedirected,
    EnvelopeReleased,
)
from sla.events import ClocksBegun, DueMoved, TermsFollowed
from sla.scores import services
from tickets.enums import OPEN
from tickets.events import (
    AnswerWithdrawn,
    CustomerReplied,
    EntryMoved,
    FlagAdded,
    FlagCleared,
    MergeUndone,
    PriorityChanged,
    PublicReplyReleased,
    RequesterChanged,
    StatusChanged,
    TicketMerged,
)

MOVING: tuple[type[DomainEvent], ...] = (
    *(ClocksBegun, PriorityChanged, FlagAdded, FlagCleared, RequesterChanged),
    *(EnvelopeAccepted, EnvelopeCancelled, EnvelopeDeclined, EnvelopeRedirected, EnvelopeReleased),
)
"""After these a factor is, or may be, another one."""


def _refreshing(kind: type[DomainEvent]) -> Callable[[Any], None]:
    def receiver(event: Any) -> None:  # each of `MOVING` names its ticket
        services.refresh_soon(event.ticket_id)

    receiver.__qualname__ = f"score_after_{kind.__name__}"
    return receiver


for _kind in MOVING:
    subscribe(_kind)(_refreshing(_kind))


@subscribe(StatusChanged)
def follow_status(event: StatusChanged) -> None:
    """Opened again, or over; what a wait does its clocks tell."""
    if (event.old in OPEN) != (event.new in OPEN):
        services.refresh_soon(event.ticket_id)


@subscribe(DueMoved)
def follow_due(event: DueMoved) -> None:
    """Help has no part in how near a ticket's own promises are."""
    if event.envelope_id is None:
        services.refresh_soon(event.ticket_id)


@subscribe(CustomerReplied)
def note_customer_message(event: CustomerReplied) -> None:
    services.note_customer_message(event.ticket_id, at=event.occurred_at)


@subscribe(PublicReplyReleased)
def note_answer(event: PublicReplyReleased) -> None:
    services.note_answer(event.ticket_id)
    services.refresh_soon(event.ticket_id)


@subscribe(AnswerWithdrawn)
def note_withdrawn_answer(event: AnswerWithdrawn) -> None:
    _count_on(event.ticket_id)


@subscribe(EntryMoved)
def follow_moved_entry(event: EntryMoved) -> None:
    _count_on(event.ticket_id, event.from_ticket_id)


@subscribe(TicketMerged)
def follow_merge(event: TicketMerged) -> None:
    _count_on(event.ticket_id, event.into_id)


@subscribe(MergeUndone)
def follow_undone_merge(event: MergeUndone) -> None:
    _count_on(event.ticket_id, event.from_id)


def _count_on(*ticket_ids: UUID) -> None:
    """Words have come or gone: whoever moves them holds the locks of both tickets."""
    for ticket_id in ticket_ids:
        services.count_unanswered(ticket_id)
        services.refresh_soon(ticket_id)


@subscribe(EnvelopeOpened)
def note_help(event: EnvelopeOpened) -> None:
    services.note_help(event.ticket_id, at=event.occurred_at)


@subscribe(TermsFollowed)
def look_again(event: TermsFollowed) -> None:
    services.look_again(event.ticket_ids, at=event.occurred_at)
