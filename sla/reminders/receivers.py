"""What happens to tickets becomes reminders after the commit; and who is told of those that are due."""

from uuid import UUID

from django.utils import timezone

from accounts.selectors import current_absence
from core.events import subscribe
from envelopes.events import (
    EnvelopeAccepted,
    EnvelopeCancelled,
    EnvelopeDeclined,
    EnvelopeEvent,
    EnvelopeRedirected,
    EnvelopeTimedOut,
)
from notifications.enums import EventType, Urgency
from notifications.services import notify
from sla.enums import Metric
from sla.events import DueMoved
from sla.reminders import services
from sla.reminders.enums import ReminderKind, ReminderStatus
from sla.reminders.events import ReminderTriggered
from sla.reminders.models import Reminder
from tickets.enums import TicketStatus
from tickets.events import OwnershipTransferred, StatusChanged, TicketAccepted, TicketEvent

TOLD_ELSEWHERE = (ReminderKind.ESCALATION_TIMEOUT,)
"""The envelope's own notification has told its owner."""
EVENTS: dict[str, EventType] = {
    ReminderKind.SLA_WARNING: EventType.SLA_WARNING,
    ReminderKind.SLA_BREACH: EventType.SLA_BREACH,
}
URGENCIES: dict[str, Urgency] = {
    ReminderKind.SLA_WARNING: Urgency.URGENT,
    ReminderKind.SLA_BREACH: Urgency.BREACH,
}


def _is_owned(event: StatusChanged) -> bool:
    """Nobody is reminded of what nobody owns yet; acceptance has its own event."""
    return event.old != TicketStatus.NEW


@subscribe(TicketAccepted, after_commit=True)
def begin(event: TicketAccepted) -> None:
    _arrange(event)


@subscribe(StatusChanged, after_commit=True, when=_is_owned)
def follow_status(event: StatusChanged) -> None:
    """Waiting begins or ends; resolving ends all of them (acceptance 121)."""
    _arrange(event)


@subscribe(OwnershipTransferred, after_commit=True)
def follow_owner(event: OwnershipTransferred) -> None:
    _arrange(event)


def _is_the_solution(event: DueMoved) -> bool:
    """What is promised to the customer as a whole; of first answers and of help nobody is reminded here."""
    return event.metric == Metric.RESOLUTION and event.envelope_id is None


@subscribe(DueMoved, after_commit=True, when=_is_the_solution)
def follow_promise(event: DueMoved) -> None:
    """Acceptance 117."""
    _arrange(event)


@subscribe(EnvelopeTimedOut, after_commit=True)
def remind_of_envelope(event: EnvelopeTimedOut) -> None:
    """Acceptance 033."""
    _arrange(event)


@subscribe(EnvelopeAccepted, after_commit=True)
def end_with_acceptance(event: EnvelopeAccepted) -> None:
    _arrange(event)


@subscribe(EnvelopeDeclined, after_commit=True)
def end_with_refusal(event: EnvelopeDeclined) -> None:
    _arrange(event)


@subscribe(EnvelopeRedirected, after_commit=True)
def end_with_redirect(event: EnvelopeRedirected) -> None:
    _arrange(event)


@subscribe(EnvelopeCancelled, after_commit=True)
def end_with_withdrawal(event: EnvelopeCancelled) -> None:
    _arrange(event)


def _arrange(event: TicketEvent | EnvelopeEvent | DueMoved) -> None:
    services.arrange_reminders(event.ticket_id, now=timezone.now())


@subscribe(ReminderTriggered, after_commit=True)
def tell_person(event: ReminderTriggered) -> None:
    """The person, and of what the desk reminds the deputy of an absent one; not if it is done meanwhile."""
    reminder = Reminder.objects.select_related("agent", "ticket").get(pk=event.reminder_id)
    if reminder.status != ReminderStatus.TRIGGERED or reminder.kind in TOLD_ELSEWHERE:
        return
    notify(
        {reminder.agent_id} | _deputy(reminder),
        EVENTS.get(reminder.kind, EventType.REMINDER),
        ticket_id=reminder.ticket_id,
        dedupe_key=f"reminder:{reminder.pk}:{event.occurred_at.isoformat()}",
        urgency=URGENCIES.get(reminder.kind, Urgency.NORMAL),
        kind=reminder.kind,
        message=reminder.message,
        reminder=str(reminder.pk),
        reference=reminder.ticket.reference if reminder.ticket else "",
        subject=reminder.ticket.subject if reminder.ticket else "",
    )


def _deputy(reminder: Reminder) -> set[UUID | None]:
    if not reminder.is_automatic:
        return set()
    absence = current_absence(reminder.agent, at=timezone.now())
    return {absence.deputy_id} if absence is not None else set()
