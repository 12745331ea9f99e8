"""Events of tickets become notifications, after the commit: telling people never holds up or breaks the act itself."""

import re
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone

from accounts.models import Agent
from accounts.selectors import current_absence
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.services import end_work_on, notify
from tickets.enums import ASIDE, BulkState, FlagType, TicketStatus
from tickets.events import (
    BulkActEnded,
    CustomerReplied,
    FlagAdded,
    MessageNotSent,
    MessageUndelivered,
    NoteAdded,
    OfferEnded,
    OwnershipTransferred,
    ScheduledReplyDropped,
    TaskAssigned,
    TicketCancelled,
    TicketClosed,
    TicketMerged,
    TicketOffered,
    TicketReopened,
    TicketResolved,
)
from tickets.models import BulkAct, OutboundMessage, Task, Ticket, TimelineEntry
from tickets.selectors import readers_among

SMTP_CODE = re.compile(r"\b[45]\d\d\b")
"""RFC 5321, section 4.2: replies that say no."""
TOLD_STATES = tuple(state.value for state in BulkState if state != BulkState.WAITING)
"""Of an act on many tickets: how many came out how."""


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
        besides=event.by_id,
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
        besides=event.by_id,
        reference=ticket.reference,
        subject=ticket.subject,
    )


@subscribe(TicketResolved, after_commit=True)
def tell_of_resolution_by_another(event: TicketResolved) -> None:
    """The owner whom a deputy stood in for, and watchers."""
    ticket = _ticket(event.ticket_id)
    if event.by_id is None or ticket.status != TicketStatus.RESOLVED:
        return
    notify(
        concerned(ticket),
        EventType.TICKET_RESOLVED_BY_OTHER,
        ticket_id=ticket.pk,
        dedupe_key=f"resolved:{ticket.pk}:{event.occurred_at.isoformat()}",
        besides=event.by_id,
        reference=ticket.reference,
        subject=ticket.subject,
        by=Agent.objects.get(pk=event.by_id).name,
    )


@subscribe(TicketResolved)
def no_more_work_on_resolved(event: TicketResolved) -> None:
    end_work_on(event.ticket_id, at=event.occurred_at)


@subscribe(TicketCancelled)
def no_more_work_on_cancelled(event: TicketCancelled) -> None:
    end_work_on(event.ticket_id, at=event.occurred_at)


@subscribe(TicketMerged)
def no_more_work_on_merged(event: TicketMerged) -> None:
    end_work_on(event.ticket_id, at=event.occurred_at)


@subscribe(TicketClosed, after_commit=True)
def tell_owner_of_confirmation(event: TicketClosed) -> None:
    ticket = _ticket(event.ticket_id)
    if event.is_confirmed:
        notify(
            owner_and_deputy(ticket),
            EventType.TICKET_CLOSED,
            ticket_id=ticket.pk,
            dedupe_key=f"closed:{ticket.pk}:{event.occurred_at.isoformat()}",
            besides=event.by_id,
            reference=ticket.reference,
            subject=ticket.subject,
        )


@subscribe(NoteAdded, after_commit=True)
def tell_owner_of_note(event: NoteAdded) -> None:
    """Whom it names, if the ticket is still in their sight, and the owner and watchers besides: each once."""
    ticket = _ticket(event.ticket_id)
    entry = TimelineEntry.objects.get(pk=event.entry_id)
    named = readers_among(list(Agent.objects.active().filter(pk__in=entry.facts.get("mentioned", ()))), ticket)
    for people, event_type in ((named, EventType.MENTIONED), (concerned(ticket) - named, EventType.NOTE_ADDED)):
        notify(
            people,
            event_type,
            ticket_id=ticket.pk,
            dedupe_key=f"entry:{event.entry_id}",
            besides=event.author_id,
            reference=ticket.reference,
            subject=ticket.subject,
            author=entry.author_name,
        )


URGENT_FLAGS = (FlagType.SOCIAL_MEDIA, FlagType.LEGAL)


@subscribe(FlagAdded, after_commit=True)
def tell_of_flag(event: FlagAdded) -> None:
    """Owner, deputy and watchers; of a case in social media the manager is one of these by now (domain.md section
    12).
    """
    ticket = _ticket(event.ticket_id)
    notify(
        concerned(ticket),
        EventType.FLAG_ADDED,
        ticket_id=ticket.pk,
        dedupe_key=f"flag:{event.flag_id}",
        urgency=Urgency.URGENT if event.type in URGENT_FLAGS else Urgency.NORMAL,
        besides=event.by_id,
        reference=ticket.reference,
        subject=ticket.subject,
        flag=event.type,
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
        task=str(task.pk),
    )


@subscribe(MessageNotSent, after_commit=True)
def tell_of_unsent_message(event: MessageNotSent) -> None:
    """The author, while they may see the ticket, the owner and the deputy learn who did not get it, and who did."""
    ticket, message = _ticket(event.ticket_id), OutboundMessage.objects.get(pk=event.message_id)
    if message.kind in ASIDE:  # the app above knows who may learn of it
        return
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
        **how_it_failed(event, message),
    )


def how_it_failed(event: MessageNotSent, message: OutboundMessage) -> dict[str, Any]:
    """The server's answer; who has it all the same, or that nobody can tell."""
    facts: dict[str, Any] = {"error": answer_code(message.last_error)}
    if event.reached:
        return facts | {"reached": event.reached, "missed": event.missed}
    return facts | ({"is_unclear": True} if event.is_unclear else {})


def answer_code(error: str) -> str:
    """The mail server's three-digit code in `error`, or nothing: its words may hold addresses, hosts and secrets."""
    found = SMTP_CODE.search(error)
    return found.group() if found else ""


@subscribe(MessageUndelivered, after_commit=True)
def tell_of_undelivered_message(event: MessageUndelivered) -> None:
    """The owner and the deputy learn, once for each address, that the customer did not get what was sent; once more
    when a probable failure is sure.
    """
    if OutboundMessage.objects.filter(pk=event.message_id, kind__in=ASIDE).exists():
        return
    ticket = _ticket(event.ticket_id)
    notify(
        owner_and_deputy(ticket) or {event.author_id},
        EventType.SEND_FAILED,
        ticket_id=ticket.pk,
        dedupe_key=undelivered_key(event),
        urgency=Urgency.URGENT,
        reference=ticket.reference,
        addresses=event.addresses,
        is_sure=event.is_sure,
    )


def undelivered_key(event: MessageUndelivered) -> str:
    known = "undelivered" if event.is_sure else "probably-undelivered"
    return f"{known}:{event.message_id}:{event.addresses}"[:200]


@subscribe(BulkActEnded)
def tell_how_an_act_on_many_ended(event: BulkActEnded) -> None:
    """Whoever began it, with what became of how many tickets. In the same transaction: a receipt that shows the end
    marks this as read (`read_of_bulk_act`), and finds it.
    """
    if event.is_answered:
        return
    act = BulkAct.objects.get(pk=event.act_id)
    counts = dict(act.outcomes.order_by().values_list("state").annotate(n=Count("pk")))
    notify(
        [event.person_id],
        EventType.BULK_ENDED,
        dedupe_key=f"bulk:{act.pk}:{'undo' if event.is_undo else 'act'}",
        act_id=str(act.pk),
        kind=act.kind,
        is_undo=event.is_undo,
        was_stopped=event.was_stopped,
        **{state: counts.get(state, 0) for state in TOLD_STATES},
    )


@subscribe(ScheduledReplyDropped, after_commit=True)
def tell_of_dropped_reply(event: ScheduledReplyDropped) -> None:
    """The owner, the deputy and the author learn that what they meant to be sent was not; not whoever had it so."""
    ticket = _ticket(event.ticket_id)
    notify(
        owner_and_deputy(ticket) | ({event.author_id} - {None}),
        EventType.REPLY_DROPPED,
        ticket_id=ticket.pk,
        dedupe_key=f"dropped:{event.message_id}",
        besides=event.by_id,
        reference=ticket.reference,
        reason=event.reason,
        is_scheduled=event.is_scheduled,
    )
