"""Business calendars of the demo desk: Berlin with German holidays, London with British ones."""

from datetime import date
from typing import Any

from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.services import save_calendar
from desk.demo.acts import SEED
from desk.demo.people import HALF_DAYS


def berlin(year: int) -> BusinessCalendar:
    """The half days, on which work ends at noon, are entered for `year` and hold in every one."""
    half_days = [
        Holiday(
            name=name,
            on=date(year, month, day),
            is_recurring=True,
            is_half_day=True,
            start_minute=8 * 60,
            end_minute=12 * 60,
        )
        for name, month, day in HALF_DAYS
    ]
    return _calendar("Berlin", "Europe/Berlin", (8, 18), half_days, country="DE", region="BE", holiday_language="de")


def london() -> BusinessCalendar:
    return _calendar("London", "Europe/London", (9, 17), [], country="GB", region="ENG", holiday_language="en")


def _calendar(
    name: str, zone: str, hours: tuple[int, int], own: list[Holiday], **public_holidays: Any
) -> BusinessCalendar:
    if calendar := BusinessCalendar.objects.filter(name=name).first():
        return calendar
    opens, closes = (hour * 60 for hour in hours)
    windows = [CalendarWindow(weekday=weekday, start_minute=opens, end_minute=closes) for weekday in range(5)]
    return save_calendar(None, by=SEED, name=name, timezone=zone, windows=windows, holidays=own, **public_holidays)
