"""Business calendars of the demo desk: Berlin with German holidays, London with British ones."""

from datetime import date, timedelta

from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from core.history import record
from desk.demo import people
from desk.demo.acts import SEED


def berlin(year: int) -> BusinessCalendar:
    fixed, moving = people.GERMAN_HOLIDAYS, people.GERMAN_AFTER_EASTER
    return _calendar("Berlin", "Europe/Berlin", 8, 18, fixed, moving, year, half_days=people.HALF_DAYS)


def london(year: int) -> BusinessCalendar:
    return _calendar("London", "Europe/London", 9, 17, people.BRITISH_HOLIDAYS, people.BRITISH_AFTER_EASTER, year)


def _calendar(
    name: str,
    zone: str,
    opens: int,
    closes: int,
    fixed: tuple[tuple[str, int, int], ...],
    moving: tuple[tuple[str, int], ...],
    year: int,
    half_days: tuple[tuple[str, int, int], ...] = (),
) -> BusinessCalendar:
    if calendar := BusinessCalendar.objects.filter(name=name).first():
        return calendar
    calendar = BusinessCalendar(name=name, timezone=zone)
    record(calendar, by=SEED)
    for weekday in range(5):
        window = CalendarWindow(calendar=calendar, weekday=weekday, start_minute=opens * 60, end_minute=closes * 60)
        record(window, by=SEED)
    for label, month, day in fixed:
        record(Holiday(calendar=calendar, name=label, on=date(year, month, day), is_recurring=True), by=SEED)
    for label, month, day in half_days:
        noon = {"is_half_day": True, "start_minute": opens * 60, "end_minute": 12 * 60}
        record(Holiday(calendar=calendar, name=label, on=date(year, month, day), is_recurring=True, **noon), by=SEED)
    for label, days in moving:
        for one_year in (year, year + 1):
            on = _easter(one_year) + timedelta(days=days)
            record(Holiday(calendar=calendar, name=label, on=on), by=SEED)
    return calendar


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Gauss, in the form of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
