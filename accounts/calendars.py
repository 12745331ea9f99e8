"""Business calendars as values for `core.worktime`."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import BusinessCalendar, CalendarWindow, Contact, Holiday, Team
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
    """Of the rows as they are saved, in two queries. Raises worktime.InvalidCalendar for rows that contradict each
    other or have no window.
    """
    return work_calendar_with(calendar, calendar.windows.all(), calendar.holidays.all())


def work_calendar_with(
    calendar: BusinessCalendar, windows: Iterable[CalendarWindow], holidays: Iterable[Holiday]
) -> worktime.WorkCalendar:
    """As `work_calendar`, with rows that may not be saved yet."""
    weekly: list[list[worktime.Window]] = [[] for _day in range(7)]
    for window in sorted(windows, key=lambda window: (window.weekday, window.start_minute)):
        weekly[window.weekday].append(worktime.Window(window.start_minute, window.end_minute))
    days = tuple(
        worktime.Holiday(
            on=holiday.on,
            is_recurring=holiday.is_recurring,
            window=worktime.Window(holiday.start_minute or 0, holiday.end_minute or 0) if holiday.is_half_day else None,
            name=holiday.name,
        )
        for holiday in sorted(holidays, key=lambda holiday: holiday.on)
    )
    return worktime.WorkCalendar(
        zone=calendar.timezone,
        weekly=tuple(tuple(windows) for windows in weekly),
        holidays=days,
        is_24x7=calendar.is_24x7,
    )


def in_words(problem: worktime.InvalidCalendar) -> str:
    """Why hours cannot work, as one sentence in the reader's language."""

    def shown(name: str, fact: Any) -> Any:
        if isinstance(fact, date):
            return date_format(fact, "SHORT_DATE_FORMAT")
        return _(fact) if name == "weekday" else fact

    facts = {name: shown(name, fact) for name, fact in problem.facts.items()}
    return _("These hours cannot work: %(problem)s.") % {"problem": _(problem.template) % facts}
