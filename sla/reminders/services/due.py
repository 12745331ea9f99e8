"""Reminders whose time has come."""

from datetime import datetime
from uuid import UUID

from core.actors import TIMER
from core.events import publish
from core.history import record
from core.service import service
from core.sweep import run_each
from sla.reminders.events import ReminderTriggered
from sla.reminders.models import Reminder
from sla.reminders.services.automatic import BATCH, arrange_reminders


def trigger_due_reminders(*, now: datetime) -> int:
    """A timer: bring up what is due, in batches; several workers never bring up one twice."""
    due = Reminder.objects.due(now).values_list("pk", "ticket", "kind", "cycle")[:BATCH]
    return run_each(list(due), lambda row: _bring_up(row[0], ticket_id=row[1] if row[3] else None, at=now))


def _bring_up(reminder_id: UUID, *, ticket_id: UUID | None, at: datetime) -> bool:
    """Whether something was done; what the desk reminds of is asked for its reason first."""
    return trigger_reminder(reminder_id, ticket_id=ticket_id, at=at)


@service
def trigger_reminder(reminder_id: UUID, *, ticket_id: UUID | None, at: datetime) -> bool:
    """Bring it up with its person; False if another worker has it, or it is not due any more. Of the desk's reminders
    `ticket_id` names the ticket, which may give no reason for them by now.
    """
    is_arranged = ticket_id is not None and bool(arrange_reminders(ticket_id, now=at))
    rows = Reminder.objects.due(at).select_for_update(of=("self",), no_key=True, skip_locked=True)
    reminder = rows.filter(pk=reminder_id).first()
    if reminder is None:
        return is_arranged
    reminder.trigger(at=at)
    record(reminder, by=TIMER, update_fields=["status", "triggered_at", "snooze_until"])
    publish(ReminderTriggered(reminder_id=reminder.pk, occurred_at=at))
    return True
