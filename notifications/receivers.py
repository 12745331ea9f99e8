"""Events of tickets become notifications, after the commit: telling people never holds up or breaks the act itself."""

import re
from uuid import UUID

from django.utils import timezone

from accounts.selectors import current_absence
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.services import notify
from tickets.events import (
    CustomerReplied,
    MessageNotSent,
    MessageUndelivered,
    NoteAdded,
    OfferEnded,
    OwnershipTransferred,
    ScheduledReplyDropped,
    TaskAssigned,
    TicketClosed,
    TicketOffered,
    TicketReopened,
)
from tickets.models import OutboundMessage, Task, Ticket, TimelineEntry
from tickets.selectors import readers_among

SMTP_CODE = re.compile(r"\b[45]\d\d\b")
"""RFC 5321, section 4.2: replies that say no."""


def concerned(ticket: Ticket) -> set[UUID]:
    """Owner, the deputy of an absent owner, and watchers who may see the ticket."""
    watchers = [watch.person for watch in ticket.watches.select_related("person")]
    return readers_among(watchers, ticket) | owner_and_deputy(ticket)


def owner_and_deputy(ticket: Ticket) -> set[UUID]:
    if ticket.owner is None:
        return set()
    absence = current_absence(ticket.owner, at=timezone.now())
    people = {ticket.owner.pk}
    if absence is not None and absence.deputy_id is not None:
        people.add(absence.deputy_id)
    return people


def _ticket(ticket_id: UUID) -> Ticket:
    return Ticket.objects.select_related("owner", "requester", "team").get(pk=ticket_id)


@subscribe(TicketOffered, after_commit=True)
def tell_candidate(event: TicketOffered) -> None:
    ticket = _ticket(event.ticket_id)
    notify(
        [event.agent_id],
        EventType.TICKET_ASSIGNED,
        ticket_id=ticket.pk,
        dedupe_key=f"offer:{ticket.pk}:{event.occurred_at.isoformat()}",
        besides=event.offered_by_id,
        reference=ticket.reference,
        subject=ticket.subject,
    )


@subscribe(OfferEnded, after_commit=True)
def tell_candidate_of_the_end(event: OfferEnded) -> None:
    ticket = _ticket(event.ticket_id)
    notify(
        [event.agent_id],
        EventType.OFFER_ENDED,
        ticket_id=ticket.pk,
        dedupe_key=f"offer-ended:{ticket.pk}:{event.occurred_at.isoformat()}",
        reference=ticket.reference,
        has_lapsed=event.has_lapsed,
    )


@subscribe(OwnershipTransferred, after_commit=True)
def tell_new_owner(event: OwnershipTransferred) -> None:
    ticket = _ticket(event.ticket_id)
    notify(
        [event.new_owner_id],
        EventType.OWNERSHIP_RECEIVED,
        ticket_id=ticket.pk,
        dedupe_key=f"transfer:{event.transfer_id}",
        reference=ticket.reference,
        subject=ticket.subject,
    )


@subscribe(CustomerReplied, after_commit=True)
def tell_owner_of_customer(event: CustomerReplied) -> None:
    ticket = _ticket(event.ticket_id)
    entry = TimelineEntry.objects.get(pk=event.entry_id)
    notify(
        concerned(ticket),
        EventType.CUSTOMER_REPLY,
        ticket_id=ticket.pk,
        dedupe_key=f"entry:{event.entry_id}",
        reference=ticket.reference,
        subject=ticket.subject,
        author=entry.author_name,
    )


@subscribe(TicketReopened, after_commit=True)
def tell_owner_of_reopening(event: TicketReopened) -> None:
    ticket = _ticket(event.ticket_id)
    notify(
        concerned(ticket),
        EventType.TICKET_REOPENED,
        ticket_id=ticket.pk,
        dedupe_key=f"reopened:{ticket.pk}:{event.occurred_at.isoformat()}",
        reference=ticket.reference,
        subject=ticket.subject,
    )


@subscribe(TicketClosed, after_commit=True)
def tell_owner_of_confirmation(event: TicketClosed) -> None:
    ticket = _ticket(event.ticket_id)
    if event.is_confirmed:
        notify(
            owner_and_deputy(ticket),
            EventType.TICKET_CLOSED,
            ticket_id=ticket.pk,
            dedupe_key=f"closed:{ticket.pk}:{event.occurred_at.isoformat()}",
            reference=ticket.reference,
            subject=ticket.subject,
        )


@subscribe(NoteAdded, after_commit=True)
def tell_owner_of_note(event: NoteAdded) -> None:
    ticket = _ticket(event.ticket_id)
    entry = TimelineEntry.objects.get(pk=event.entry_id)
    notify(
        concerned(ticket),
        EventType.NOTE_ADDED,
        ticket_id=ticket.pk,
        dedupe_key=f"entry:{event.entry_id}",
        besides=event.author_id,
        reference=ticket.reference,
        subject=ticket.subject,
        author=entry.author_name,
    )


@subscribe(TaskAssigned, after_commit=True)
def tell_assignee(event: TaskAssigned) -> None:
    """Whoever still has it: delivery may come long after, when the task is another's or done."""
    ticket, task = _ticket(event.ticket_id), Task.objects.get(pk=event.task_id)
    if task.assigned_to_id != event.agent_id or not task.is_open:
        return
    notify(
        [event.agent_id],
        EventType.TASK_ASSIGNED,
        ticket_id=ticket.pk,
        dedupe_key=f"task:{task.pk}:{event.occurred_at.isoformat()}",
        besides=event.assigned_by_id,
        reference=ticket.reference,
        title=task.title,
    )


@subscribe(MessageNotSent, after_commit=True)
def tell_of_unsent_message(event: MessageNotSent) -> None:
    """The author, while they may see the ticket, the owner and the deputy learn that the customer got nothing."""
    ticket, message = _ticket(event.ticket_id), OutboundMessage.objects.get(pk=event.message_id)
    people = owner_and_deputy(ticket)
    author = message.author
    if author is not None and Ticket.objects.visible_to(author).filter(pk=ticket.pk).exists():
        people.add(author.pk)
    notify(
        people,
        EventType.SEND_FAILED,
        ticket_id=ticket.pk,
        dedupe_key=f"not-sent:{message.pk}",
        urgency=Urgency.URGENT,
        reference=ticket.reference,
        error=answer_code(message.last_error),
    )


def answer_code(error: str) -> str:
    """The mail server's three-digit code in `error`, or nothing: its words may hold addresses, hosts and secrets."""
    found = SMTP_CODE.search(error)
    return found.group() if found else ""


@subscribe(MessageUndelivered, after_commit=True)
def tell_of_undelivered_message(event: MessageUndelivered) -> None:
    """The owner and the deputy learn, once for each address, that the customer did not get what was sent."""
    ticket = _ticket(event.ticket_id)
    notify(
        owner_and_deputy(ticket) or {event.author_id},
        EventType.SEND_FAILED,
        ticket_id=ticket.pk,
        dedupe_key=f"undelivered:{event.message_id}:{event.addresses}"[:200],
        urgency=Urgency.URGENT,
        reference=ticket.reference,
        addresses=event.addresses,
    )


@subscribe(ScheduledReplyDropped, after_commit=True)
def tell_of_dropped_reply(event: ScheduledReplyDropped) -> None:
    """The owner, the deputy and the author learn that what they meant to be sent was not."""
    ticket = _ticket(event.ticket_id)
    notify(
        owner_and_deputy(ticket) | ({event.author_id} - {None}),
        EventType.REPLY_DROPPED,
        ticket_id=ticket.pk,
        dedupe_key=f"dropped:{event.message_id}",
        reference=ticket.reference,
        reason=event.reason,
    )
