"""All the time between two moments: when a calendar is open, and what shuts it else."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime import Holiday, NoOpenTime, Stretch, Why, Window, WorkCalendar, open_intervals, stretches, worked
from tests.core.test_worktime_properties import DAY, MINUTE, REACH, Case, cases, local_windows, open_minutes

BERLIN = ZoneInfo("Europe/Berlin")
SHUT: tuple[Window, ...] = ()
OFFICE = (Window(time(8), time(12)), Window(time(13), time(18)))
MAY_DAY = Holiday(date(2026, 5, 1), is_recurring=True, name="Labour Day")
EVE = Holiday(date(2026, 12, 24), window=Window(time(8), time(12)), name="Christmas Eve")
CHRISTMAS = (
    Holiday(date(2026, 12, 25), name="Christmas Day"),
    Holiday(date(2026, 12, 26), name="Second Day of Christmas"),
)
WEEKDAYS = WorkCalendar("Europe/Berlin", (*[OFFICE] * 5, SHUT, SHUT), (MAY_DAY, EVE, *CHRISTMAS))


def berlin(month: int, day: int, hour: int = 0, minute: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


def told(calendar: WorkCalendar, start: datetime, end: datetime) -> list[tuple[str, str, str]]:
    """Local time at which each stretch begins, and why it is as it is."""
    zone = ZoneInfo(calendar.zone)
    found = stretches(calendar, start, end)
    return [(f"{stretch.start.astimezone(zone):%a %H:%M}", stretch.why, stretch.name) for stretch in found]


def test_day_has_its_night_its_windows_and_the_break_between_them() -> None:
    assert list(stretches(WEEKDAYS, berlin(6, 1, 18), berlin(6, 2, 13))) == [
        Stretch(berlin(6, 1, 18), berlin(6, 2, 8), is_open=False, why=Why.OUTSIDE_HOURS, name=""),
        Stretch(berlin(6, 2, 8), berlin(6, 2, 12), is_open=True, why=Why.OPEN, name=""),
        Stretch(berlin(6, 2, 12), berlin(6, 2, 13), is_open=False, why=Why.OUTSIDE_HOURS, name=""),
    ]


def test_stretches_are_utc_and_cut_at_the_moments_asked_for() -> None:
    in_tokyo = berlin(6, 1, 10, 30).astimezone(ZoneInfo("Asia/Tokyo"))
    (only,) = stretches(WEEKDAYS, in_tokyo, in_tokyo + MINUTE)
    assert (only.start, only.end) == (datetime(2026, 6, 1, 8, 30, tzinfo=UTC), datetime(2026, 6, 1, 8, 31, tzinfo=UTC))
    assert (only.start.tzinfo, only.end.tzinfo) == (UTC, UTC)
    assert list(stretches(WEEKDAYS, in_tokyo, in_tokyo)) == []


def test_weekend_is_free_and_the_nights_beside_it_belong_to_working_days() -> None:
    assert told(WEEKDAYS, berlin(6, 5, 17), berlin(6, 8, 9)) == [
        ("Fri 17:00", "open", ""),
        ("Fri 18:00", "outside_hours", ""),
        ("Sat 00:00", "free_day", ""),
        ("Mon 00:00", "outside_hours", ""),
        ("Mon 08:00", "open", ""),
    ]


def test_holiday_has_its_name_and_has_the_say_over_a_weekend() -> None:
    assert told(WEEKDAYS, berlin(4, 30, 18), berlin(5, 2, 1)) == [
        ("Thu 18:00", "outside_hours", ""),
        ("Fri 00:00", "holiday", "Labour Day"),
        ("Sat 00:00", "free_day", ""),
    ]
    assert told(WEEKDAYS, berlin(12, 24), berlin(12, 28)) == [
        ("Thu 00:00", "holiday", "Christmas Eve"),
        ("Thu 08:00", "open", ""),
        ("Thu 12:00", "holiday", "Christmas Eve"),
        ("Fri 00:00", "holiday", "Christmas Day"),
        ("Sat 00:00", "holiday", "Second Day of Christmas"),
        ("Sun 00:00", "free_day", ""),
    ]


def test_days_of_one_holiday_are_one_stretch() -> None:
    works_holidays = tuple(Holiday(date(2026, 8, day), name="Works holidays") for day in range(3, 8))
    calendar = WorkCalendar("Europe/Berlin", WEEKDAYS.weekly, works_holidays)
    assert told(calendar, berlin(8, 3), berlin(8, 8, 1)) == [
        ("Mon 00:00", "holiday", "Works holidays"),
        ("Sat 00:00", "free_day", ""),
    ]


def test_day_into_which_a_window_runs_past_midnight_is_a_working_day() -> None:
    sunday_night = WorkCalendar("Europe/Berlin", (*[SHUT] * 6, (Window(time(22), time(6)),)))
    assert told(sunday_night, berlin(6, 6, 12), berlin(6, 9, 12)) == [
        ("Sat 12:00", "free_day", ""),
        ("Sun 00:00", "outside_hours", ""),
        ("Sun 22:00", "open", ""),
        ("Mon 06:00", "outside_hours", ""),
        ("Tue 00:00", "free_day", ""),
    ]


def test_calendar_that_is_always_open_has_one_stretch() -> None:
    always = WorkCalendar("Europe/Berlin", holidays=(MAY_DAY,), is_24x7=True)
    assert told(always, berlin(4, 30), berlin(5, 3)) == [("Thu 00:00", "open", "")]
    ((start, end),) = [(stretch.start, stretch.end) for stretch in stretches(always, berlin(3, 29), berlin(3, 30))]
    assert end - start == timedelta(hours=23)


def test_day_that_the_clock_skips_shuts_nothing() -> None:
    apia = WorkCalendar("Pacific/Apia", (*[OFFICE] * 5, SHUT, SHUT), (Holiday(date(2011, 12, 30), name="Skipped"),))
    start, end = datetime(2011, 12, 29, 18, tzinfo=ZoneInfo("Pacific/Apia")), datetime(2012, 1, 2, 1, tzinfo=UTC)
    assert told(apia, start, end) == [
        ("Thu 18:00", "outside_hours", ""),
        ("Sat 00:00", "free_day", ""),
        ("Mon 00:00", "outside_hours", ""),
        ("Mon 08:00", "open", ""),
        ("Mon 12:00", "outside_hours", ""),
        ("Mon 13:00", "open", ""),
    ]


def test_midnight_that_occurs_twice_begins_its_day_once() -> None:
    havana = WorkCalendar("America/Havana", (*[OFFICE] * 6, SHUT))
    start = datetime(2026, 10, 31, 18, tzinfo=ZoneInfo("America/Havana"))
    assert told(havana, start, start + DAY) == [("Sat 18:00", "outside_hours", ""), ("Sun 00:00", "free_day", "")]


def test_stretches_of_many_years_are_computed_when_they_are_asked_for() -> None:
    calendar = WorkCalendar("Europe/Lisbon", WEEKDAYS.weekly)
    found = stretches(calendar, berlin(1, 1, year=1950), berlin(1, 1, year=2150))
    assert isinstance(found, Iterator)
    assert len(list(islice(found, 3))) == 3
    assert len(calendar.timeline._years) <= 3
    with pytest.raises(NoOpenTime, match="not to 2249"):
        stretches(calendar, berlin(1, 1, year=2000), berlin(1, 1, year=2250))


def test_turned_and_naive_periods_are_refused_at_the_call() -> None:
    with pytest.raises(ValueError, match="before the start"):
        stretches(WEEKDAYS, berlin(6, 2), berlin(6, 1))
    with pytest.raises(ValueError, match="needs a time zone"):
        stretches(WEEKDAYS, datetime(2026, 6, 1), berlin(6, 2))


@settings(max_examples=60)
@given(cases(), st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_stretches_add_up_to_the_time_between_and_their_open_part_is_the_worked_time(
    case: Case, other: datetime
) -> None:
    calendar, _, (moment, _, _) = case
    start, end = sorted((moment, min(max(other, moment - 400 * DAY), moment + 400 * DAY)))
    found = list(stretches(calendar, start, end))
    assert [(stretch.start, stretch.end) for stretch in found if stretch.is_open] == list(
        open_intervals(calendar, start, end)
    )
    lengths = [(stretch.is_open, stretch.end - stretch.start) for stretch in found]
    assert sum((length for _, length in lengths), timedelta()) == end - start
    assert sum((length for is_open, length in lengths if is_open), timedelta()) == worked(calendar, start, end)
    assert all(earlier.end == later.start for earlier, later in pairwise(found))
    assert all((earlier.why, earlier.name) != (later.why, later.name) for earlier, later in pairwise(found))
    assert all(length > timedelta() for _, length in lengths)
    assert all(stretch.is_open == (stretch.why == Why.OPEN) for stretch in found)


@settings(max_examples=40)
@given(cases())
def test_every_minute_is_shut_for_the_reason_of_its_local_date(case: Case) -> None:
    calendar, middle, _ = case
    minutes = set(open_minutes(calendar, middle))
    for stretch in stretches(calendar, middle - REACH, middle + REACH):
        steps = (stretch.end - stretch.start) // MINUTE
        for minute in (stretch.start + MINUTE * step for step in range(steps)):
            on = minute.astimezone(ZoneInfo(calendar.zone)).date()
            assert (minute in minutes) == stretch.is_open
            if not stretch.is_open:
                assert (stretch.why, stretch.name) == slow_reason(calendar, on)


def slow_reason(calendar: WorkCalendar, on: date) -> tuple[str, str]:
    days = [holiday for holiday in calendar.holidays if not holiday.is_recurring and holiday.on == on]
    years = [holiday for holiday in calendar.holidays if holiday.is_recurring]
    days += [holiday for holiday in years if (holiday.on.month, holiday.on.day) == (on.month, on.day)]
    if days:
        return "holiday", days[0].name
    return ("outside_hours" if local_windows(calendar, on) else "free_day"), ""
