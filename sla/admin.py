"""Service levels in the operators' window."""

from sla.reminders.admin import ReminderAdmin

__all__ = ["ReminderAdmin"]
