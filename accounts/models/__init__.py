from accounts.models.calendars import BusinessCalendar, CalendarWindow, Holiday
from accounts.models.customers import Company, Contact
from accounts.models.people import Absence, Agent, AgentSkill, ApiClient, Skill, Team
from accounts.models.users import User

__all__ = [
    "Absence",
    "Agent",
    "AgentSkill",
    "ApiClient",
    "BusinessCalendar",
    "CalendarWindow",
    "Company",
    "Contact",
    "Holiday",
    "Skill",
    "Team",
    "User",
]
