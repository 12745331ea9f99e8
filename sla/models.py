from sla.reminders.models import CalendarFeed, InactivityCheck, Reminder

__all__ = ["CalendarFeed", "InactivityCheck", "Reminder"]
