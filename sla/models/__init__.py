from sla.alerts.models import Alert, AlertRecipient, AlertRule, AlertWatch
from sla.models.clocks import CalendarEdition, ClockFact, SlaClock, SlaPause, TermsWalk
from sla.models.policies import SlaPolicy
from sla.reminders.models import CalendarFeed, InactivityCheck, Reminder

__all__ = [
    "Alert",
    "AlertRecipient",
    "AlertRule",
    "AlertWatch",
    "CalendarEdition",
    "CalendarFeed",
    "ClockFact",
    "InactivityCheck",
    "Reminder",
    "SlaClock",
    "SlaPause",
    "SlaPolicy",
    "TermsWalk",
]
