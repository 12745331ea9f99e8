"""What happens to tickets becomes reminders after the commit; and who is told of those that are due."""

from django.utils import timezone

from core.actors import DESK
from core.events import subscribe
from envelopes.events import (
    EnvelopeAccepted,
    EnvelopeCancelled,
    EnvelopeDeclined,
    EnvelopeEvent,
    EnvelopeRedirected,
    EnvelopeTimedOut,
)
from sla.alerts.enums import AlertCondition
from sla.alerts.events import AlertLeftUntold
from sla.enums import Metric
from sla.events import DueMoved
from sla.reminders import services
from sla.reminders.events import ReminderTriggered
from tickets.enums import TicketStatus
from tickets.events import OwnershipTransferred, StatusChanged, TicketAccepted, TicketEvent


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
    services.tell_of_reminder(event.reminder_id, at=event.occurred_at, is_again=event.is_again, by=DESK)


def _is_of_promise(event: AlertLeftUntold) -> bool:
    return event.condition == AlertCondition.NOT_COMPLETED


@subscribe(AlertLeftUntold, after_commit=True, when=_is_of_promise)
def tell_instead(event: AlertLeftUntold) -> None:
    services.tell_instead_of_alert(event.ticket_id, to=event.agent_id, by=DESK)
