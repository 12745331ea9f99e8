"""Business calendars as values for `core.worktime`."""

from dataclasses import replace

from accounts.models import BusinessCalendar, Contact, Team
from accounts.selectors import calendar_of
from core import worktime
from core.moments import zone_named


def work_calendar_of(team: Team | None) -> worktime.WorkCalendar:
    """The hours that count for a team: its own calendar, else the default one. Two queries, three without an own
    calendar.
    """
    return work_calendar(calendar_of(team))


def customer_hours(contact: Contact) -> worktime.WorkCalendar:
    """When a customer is taken to be at work: the weekly windows of the default calendar, by the customer's own clock.

    Holidays are the desk's, so they count only where the customer's clock is the desk's. Three queries.
    """
    desk = work_calendar(calendar_of(None))
    if contact.timezone == desk.zone or zone_named(contact.timezone) is None:
        return desk
    return replace(desk, zone=contact.timezone, holidays=())


def work_calendar(calendar: BusinessCalendar) -> worktime.WorkCalendar:
    """Raises worktime.InvalidCalendar for rows that contradict each other or never open."""
    weekly: list[list[worktime.Window]] = [[] for _day in range(7)]
    for window in calendar.windows.all():
        weekly[window.weekday].append(worktime.Window(window.start_minute, window.end_minute))
    holidays = tuple(
        worktime.Holiday(
            on=holiday.on,
            is_recurring=holiday.is_recurring,
            window=worktime.Window(holiday.start_minute or 0, holiday.end_minute or 0) if holiday.is_half_day else None,
            name=holiday.name,
        )
        for holiday in calendar.holidays.all()
    )
    return worktime.WorkCalendar(
        zone=calendar.timezone,
        weekly=tuple(tuple(windows) for windows in weekly),
        holidays=holidays,
        is_24x7=calendar.is_24x7,
    )
