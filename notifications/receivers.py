"""Events become notifications, after the commit: telling people never holds up or breaks the act itself."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.events import AbsenceRecorded
from accounts.models import Absence, Team
from accounts.selectors import current_absence
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.services import notify
from tickets.events import (
    CustomerReplied,
    NoteAdded,
    OfferEnded,
    OwnershipTransferred,
    TicketClosed,
    TicketOffered,
    TicketReopened,
)
from tickets.models import Ticket, TimelineEntry


def concerned(ticket: Ticket) -> set[UUID]:
    """Owner, the deputy of an absent owner, and watchers who may see the ticket."""
    watchers = {
        watch.person_id
        for watch in ticket.watches.select_related("person")
        if Ticket.objects.visible_to(watch.person).filter(pk=ticket.pk).exists()
    }
    return watchers | owner_and_deputy(ticket)


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


@subscribe(AbsenceRecorded, after_commit=True)
def tell_deputy_and_supervisor(event: AbsenceRecorded) -> None:
    """The deputy learns of the cover; over 30 days the supervisors of the agent's teams learn of it (domain.md 16)."""
    absence = Absence.objects.select_related("agent").get(pk=event.absence_id)
    facts: dict[str, Any] = {
        "agent": absence.agent.name,
        "starts_on": str(absence.starts_on),
        "ends_on": str(absence.ends_on or ""),
    }
    key = f"absence:{absence.pk}:{event.occurred_at.isoformat()}"
    if absence.deputy_id:
        notify([absence.deputy_id], EventType.COVER_STARTED, dedupe_key=key, besides=event.recorded_by_id, **facts)
    if absence.is_long or absence.ends_on is None:
        supervisors = Team.objects.filter(members=absence.agent).values_list("supervisor_id", flat=True)
        open_tickets = list(
            Ticket.objects.owned_by(absence.agent).open().order_by("created_at").values_list("reference", flat=True)
        )
        notify(
            supervisors,
            EventType.LONG_ABSENCE,
            dedupe_key=f"long-{key}",
            urgency=Urgency.URGENT,
            besides=event.recorded_by_id,
            tickets=open_tickets[:50],
            **facts,
        )
