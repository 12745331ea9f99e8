from sla.alerts.models import Alert, AlertRecipient, AlertRule, AlertWatch, MatrixWalk
from sla.client_reminders.models import ClientReminderRule, ClientReminderWatch
from sla.models.choices import CompanyPolicy, TicketPolicy
from sla.models.clocks import CalendarEdition, ClockFact, SlaClock, SlaPause, TermsWalk
from sla.models.policies import SlaPolicy
from sla.proposals.models import Proposal
from sla.reminders.models import CalendarFeed, InactivityCheck, Reminder
from sla.scores.models import ScoreOverride, ScoreValue, TicketScore

__all__ = [
    "Alert",
    "AlertRecipient",
    "AlertRule",
    "AlertWatch",
    "CalendarEdition",
    "CalendarFeed",
    "ClientReminderRule",
    "ClientReminderWatch",
    "ClockFact",
    "CompanyPolicy",
    "InactivityCheck",
    "MatrixWalk",
    "Proposal",
    "Reminder",
    "ScoreOverride",
    "ScoreValue",
    "SlaClock",
    "SlaPause",
    "SlaPolicy",
    "TermsWalk",
    "TicketPolicy",
    "TicketScore",
]
