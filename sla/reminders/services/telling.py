"""Who is told of a reminder that is due."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from accounts.selectors import current_absence
from core.actors import Actor
from core.service import service
from notifications.services import notify
from sla.alerts.promises import alerted_of
from sla.reminders.enums import ReminderStatus
from sla.reminders.models import Reminder
from sla.reminders.reasons import OF_PROMISES, TOLD_ELSEWHERE, told_as
from tickets.services import lock_ticket


@service
def tell_of_reminder(reminder_id: UUID, *, by: Actor, at: datetime, is_again: bool = False) -> None:
    """The person it was brought up with at `at`, and of what the desk reminds of the deputy of an absent one; nobody if
    it is done meanwhile, and of a promise nobody whom an alert tells of it. Who has snoozed it wants to be told again.
    """
    reminder = Reminder.objects.select_related("agent", "ticket").get(pk=reminder_id)
    if reminder.kind in OF_PROMISES and reminder.ticket_id is not None:
        lock_ticket(reminder.ticket_id)
        reminder.refresh_from_db(fields=["status", "agent"])
    if reminder.status != ReminderStatus.TRIGGERED or reminder.kind in TOLD_ELSEWHERE:
        return
    people = _people(reminder)
    alerted = set() if is_again else _alerted(reminder, people)
    _tell(reminder, {agent.pk for agent in people} - alerted, at=at)


@service
def tell_instead_of_alert(ticket_id: UUID, *, to: UUID, by: Actor) -> None:
    """Whoever was left to an alert of the ticket's promise, which is settled before it has told them."""
    lock_ticket(ticket_id)
    rows = Reminder.objects.automatic_on([ticket_id]).filter(kind__in=OF_PROMISES, status=ReminderStatus.TRIGGERED)
    for reminder in rows.select_related("agent", "ticket").order_by("pk"):
        people = [agent for agent in _people(reminder) if agent.pk == to]
        untold = {agent.pk for agent in people} - _alerted(reminder, people)
        if untold and reminder.triggered_at is not None:
            _tell(reminder, untold, at=reminder.triggered_at)


def _alerted(reminder: Reminder, people: Collection[Agent]) -> set[UUID]:
    if reminder.kind not in OF_PROMISES or reminder.ticket_id is None:
        return set()
    event, urgency = OF_PROMISES[reminder.kind]
    return alerted_of(reminder.ticket_id, people, event=event, urgency=urgency, since=reminder.trigger_at)


def _tell(reminder: Reminder, recipient_ids: Collection[UUID], *, at: datetime) -> None:
    """Once each time it was brought up. Who watches over promises together learns of it also without recipients."""
    event, urgency = told_as(reminder.kind)
    notify(
        recipient_ids,
        event,
        ticket_id=reminder.ticket_id,
        dedupe_key=f"reminder:{reminder.pk}:{at.isoformat()}",
        urgency=urgency,
        kind=reminder.kind,
        message=reminder.message,
        reminder=str(reminder.pk),
        reference=reminder.ticket.reference if reminder.ticket else "",
        subject=reminder.ticket.subject if reminder.ticket else "",
    )


def _people(reminder: Reminder) -> list[Agent]:
    absence = current_absence(reminder.agent, at=timezone.now()) if reminder.is_automatic else None
    deputy = absence.deputy if absence is not None else None
    return [reminder.agent, deputy] if deputy is not None else [reminder.agent]
