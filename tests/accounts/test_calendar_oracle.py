"""Saved calendars against an oracle that looks at each minute by itself, and knows rows and rules but no arithmetic.

A minute is open if, of some window of some local date, the clock on the wall has reached the start by then, and goes on
to show a time before the end, or, as an end that occurs twice is its second occurrence, will once more show the end.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.calendars import work_calendar
from accounts.enums import Role
from accounts.models import Agent, BusinessCalendar, CalendarWindow, Holiday
from accounts.services import save_calendar
from core.errors import Invalid
from core.worktime import add_worked, stretches, subtract_worked, worked
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AROUND = 3 * DAY
"""What is walked before and after the day in question; what is asked for lies within half of it."""
WEEK_MINUTES = 7 * 24 * 60


def utc(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


DAYS = [
    ("Europe/Berlin", utc(2026, 3, 29)),
    ("Europe/Berlin", utc(2026, 10, 25)),
    ("Europe/Berlin", utc(2026, 5, 14)),  # Ascension Day
    ("Europe/Berlin", utc(2026, 12, 31)),
    ("Europe/Dublin", utc(2026, 10, 25)),  # winter is its exception
    ("America/Havana", utc(2026, 3, 8)),  # midnight is skipped
    ("America/Havana", utc(2026, 11, 1)),  # midnight occurs twice
    ("America/Sao_Paulo", utc(2018, 2, 18)),  # Saturday's last hour occurs twice
    ("Australia/Lord_Howe", utc(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", utc(2026, 10, 4)),
    ("Asia/Kathmandu", utc(2026, 6, 1)),
    ("Pacific/Apia", utc(2011, 12, 30)),  # there was no such day
]
PUBLIC = [("", ""), ("DE", "BY"), ("GB", "ENG"), ("AU", "NSW")]


@dataclass
class Rows:
    """What is entered in the form."""

    zone: str
    middle: datetime
    windows: list[tuple[int, int, int]] = field(default_factory=list)
    holidays: list[Holiday] = field(default_factory=list)
    country: tuple[str, str] = ("", "")
    left_out: list[str] = field(default_factory=list)
    is_24x7: bool = False

    def saved(self, by: Agent) -> BusinessCalendar:
        calendar = save_calendar(
            None,
            by=by,
            name="Random",
            timezone=self.zone,
            is_24x7=self.is_24x7,
            country=self.country[0],
            region=self.country[1],
            left_out=self.left_out,
            windows=[
                CalendarWindow(weekday=day, start_minute=start, end_minute=end) for day, start, end in self.windows
            ],
            holidays=self.holidays,
        )
        return BusinessCalendar.objects.get(pk=calendar.pk)


minutes_of_day = st.integers(0, 96).map(lambda quarter: quarter * 15) | st.integers(0, 1440)


@st.composite
def a_window(draw: st.DrawFn) -> tuple[int, int, int]:
    """Past midnight where it starts after it ends."""
    start = draw(minutes_of_day.filter(lambda minute: minute < 1440))
    end = draw(minutes_of_day.filter(lambda minute: minute not in (0, start)))
    return draw(st.integers(0, 6)), start, end


def minutes_of_week(window: tuple[int, int, int]) -> set[int]:
    day, start, end = window
    length = (end - start) % 1440 or 1440
    return {(day * 1440 + start + minute) % WEEK_MINUTES for minute in range(length)}


def is_usable(windows: list[tuple[int, int, int]]) -> bool:
    """No minute of the week in two windows, and some in one."""
    spans = [minutes_of_week(window) for window in windows]
    return bool(spans) and sum(map(len, spans)) == len(set().union(*spans))


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    zone, middle = draw(st.sampled_from(DAYS))
    windows: list[tuple[int, int, int]] = []
    for window in draw(st.lists(a_window(), min_size=1, max_size=12)):
        if is_usable([*windows, window]):
            windows.append(window)
    holidays = []
    for offset in draw(st.sets(st.integers(-2, 2), max_size=3)):
        on = (middle + offset * DAY).date()
        is_recurring = draw(st.booleans()) and (on.month, on.day) != (2, 29)
        on = on.replace(year=2001) if is_recurring else on
        half = draw(st.none() | st.tuples(minutes_of_day, minutes_of_day).filter(lambda pair: pair[0] < pair[1]))
        times = {"is_half_day": True, "start_minute": half[0], "end_minute": half[1]} if half else {}
        holidays.append(Holiday(on=on, name=f"Own {offset}", is_recurring=is_recurring, **times))
    left_out = draw(st.sets(st.sampled_from(["Ascension Day", "New Year's Day", "Labor Day"]), max_size=2))
    return Rows(
        zone, middle, windows, holidays, draw(st.sampled_from(PUBLIC)), sorted(left_out), draw(st.integers(0, 15)) == 15
    )


@cache
def wall_clock(zone: str, middle: datetime) -> tuple[list[datetime], list[datetime], list[datetime], list[datetime]]:
    """UTC minutes, and of each: the latest local time shown by then, the earliest one from then on, and after it."""
    count = 2 * AROUND // MINUTE
    minutes = [middle - AROUND + MINUTE * step for step in range(count + 1)]
    local = [minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for minute in minutes]
    latest = list(accumulate(local, max))
    earliest = list(accumulate(reversed(local), min))[::-1]
    return minutes[:-1], latest[:-1], earliest[:-1], earliest[1:]


def windows_on(on: date, calendar: BusinessCalendar) -> list[tuple[int, int]]:
    """Minutes of a local date, by the rows."""
    if calendar.is_24x7:
        return [(0, 1440)]
    days = [row for row in calendar.holidays.all() if row.on == on]
    days += [row for row in calendar.holidays.all() if row.is_recurring and f"{row.on:%m%d}" == f"{on:%m%d}"]
    if days:
        return [(row.start_minute, row.end_minute) for row in days[:1] if row.is_half_day]
    found = []
    for row in calendar.windows.all():
        if row.weekday == on.weekday():
            found.append((row.start_minute, row.end_minute if row.start_minute < row.end_minute else 1440))
        if row.start_minute > row.end_minute and (row.weekday + 1) % 7 == on.weekday():
            found.append((0, row.end_minute))
    return found


def open_minutes(calendar: BusinessCalendar, middle: datetime) -> list[datetime]:
    minutes, latest, earliest, earliest_after = wall_clock(calendar.timezone, middle)
    first, last = latest[0].date() - DAY, latest[-1].date() + DAY
    windows = []
    for number in range((last - first).days + 1):
        midnight = datetime.combine(first + DAY * number, time())
        windows += [
            (midnight + start * MINUTE, midnight + end * MINUTE) for start, end in windows_on(midnight.date(), calendar)
        ]
    return [
        minute
        for minute, shown, comes, comes_after in zip(minutes, latest, earliest, earliest_after, strict=True)
        if any(shown >= start and (comes < end or comes_after <= end) for start, end in windows)
    ]


@pytest.fixture
def admin(db: None) -> Agent:
    agent: Agent = AgentFactory(roles=[Role.ADMIN])
    return agent


of_rows = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@of_rows
@given(
    wanted=rows(),
    offsets=st.lists(st.integers(-36 * 60, 36 * 60), min_size=2, max_size=2, unique=True).map(sorted),
    share=st.floats(0.01, 1),
)
def test_saved_calendar_counts_as_minute_by_minute(
    admin: Agent, wanted: Rows, offsets: list[int], share: float
) -> None:
    """Also 083 and 084: holidays, half days, and the days on which clocks change."""
    with transaction.atomic():
        calendar = wanted.saved(admin)
        value, minutes = work_calendar(calendar), open_minutes(calendar, wanted.middle)
        transaction.set_rollback(True)
    start, end = (wanted.middle + MINUTE * offset for offset in offsets)
    between = [minute for minute in minutes if start <= minute < end]
    assert worked(value, start, end) == MINUTE * len(between)
    found = [part for part in stretches(value, start, end) if part.is_open]
    assert [
        part.start + MINUTE * step for part in found for step in range((part.end - part.start) // MINUTE)
    ] == between
    if between:
        count = max(1, round(len(between) * share))
        assert add_worked(value, start, MINUTE * count) == between[count - 1] + MINUTE
        assert subtract_worked(value, end, MINUTE * count) == between[-count]


@settings(of_rows, max_examples=100)
@given(windows=st.lists(a_window(), max_size=4))
def test_windows_are_refused_exactly_if_two_share_a_minute_of_the_week_or_there_are_none(
    admin: Agent, windows: list[tuple[int, int, int]]
) -> None:
    outcome: Any = True
    with transaction.atomic():
        try:
            Rows("Europe/Berlin", utc(2026, 6, 1), windows).saved(admin)
        except Invalid as refusal:
            outcome = refusal.fields
        transaction.set_rollback(True)
    assert (outcome is True) == is_usable(windows), outcome
    assert outcome is True or list(outcome) == ["windows"]
