from accounts.models.calendars import BusinessCalendar, CalendarWindow, Holiday
from accounts.models.customers import Company, Contact
from accounts.models.mail import AccountMail
from accounts.models.people import Absence, Agent, AgentSkill, ApiClient, Skill, Team
from accounts.models.second_factors import RecoveryCode, SecondFactor
from accounts.models.users import User

__all__ = [
    "Absence",
    "AccountMail",
    "Agent",
    "AgentSkill",
    "ApiClient",
    "BusinessCalendar",
    "CalendarWindow",
    "Company",
    "Contact",
    "Holiday",
    "RecoveryCode",
    "SecondFactor",
    "Skill",
    "Team",
    "User",
]
