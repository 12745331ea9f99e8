"""All writes on reminders."""

from sla.reminders.services.automatic import arrange_reminders, check_idle_tickets
from sla.reminders.services.due import trigger_due_reminders, trigger_reminder
from sla.reminders.services.feed import close_feed, open_feed
from sla.reminders.services.own import (
    Rhythm,
    cancel_reminder,
    complete_reminder,
    create_reminder,
    edit_reminder,
    refuse_edit,
    snooze_reminder,
)
from sla.reminders.services.telling import tell_instead_of_alert, tell_of_reminder

__all__ = [
    "Rhythm",
    "arrange_reminders",
    "cancel_reminder",
    "check_idle_tickets",
    "close_feed",
    "complete_reminder",
    "create_reminder",
    "edit_reminder",
    "open_feed",
    "refuse_edit",
    "snooze_reminder",
    "tell_instead_of_alert",
    "tell_of_reminder",
    "trigger_due_reminders",
    "trigger_reminder",
]
