"""Business hours of all teams, read at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from accounts.calendars import work_calendar
from accounts.models import BusinessCalendar, Team
from core.worktime import WorkCalendar, worked

Hours = Callable[[UUID | None], WorkCalendar]


def hours_of_teams() -> Hours:
    """The calendar of each team, the default one for those without; four queries however many there are."""
    rows = BusinessCalendar.objects.prefetch_related("windows", "holidays")
    calendars = {row.pk: (work_calendar(row), row.is_default) for row in rows}
    usual = next(calendar for calendar, is_default in calendars.values() if is_default)
    of_team = dict(Team.objects.values_list("pk", "calendar"))

    def hours(team_id: UUID | None) -> WorkCalendar:
        own = of_team.get(team_id) if team_id is not None else None
        return calendars[own][0] if own is not None else usual

    return hours


def business_time(hours: Hours, team_id: UUID | None, start: datetime, end: datetime) -> timedelta:
    """Open time of the team between two moments; none where the second one is not later."""
    return worked(hours(team_id), start, end) if end > start else timedelta()
