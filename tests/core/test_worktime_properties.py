"""Business time against an oracle that steps through minutes, around clock changes of several zones.

All the oracle knows is the rule: a window of a local date opens at the first minute whose local time has reached its
start, and closes at the last minute whose local time has not passed its end (one later if the clock jumps over it). It
needs whole-minute offsets, which the zones below have.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime import (
    Holiday,
    Window,
    WorkCalendar,
    add_business_days,
    add_worked,
    is_open,
    next_open,
    open_intervals,
    subtract_worked,
    worked,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
REACH = 30 * HOUR  # of the oracle, before and after the middle of its span


def utc(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


SPANS = [
    ("Europe/Berlin", utc(3, 29)),  # 02:00 -> 03:00
    ("Europe/Berlin", utc(10, 25)),  # 03:00 -> 02:00
    ("Europe/Berlin", utc(1, 1)),  # turn of the year
    ("America/New_York", utc(1, 1)),
    ("America/New_York", utc(3, 8)),
    ("America/New_York", utc(11, 1)),
    ("America/Havana", utc(3, 8)),  # 00:00 -> 01:00, midnight is skipped
    ("America/Havana", utc(11, 1)),  # 01:00 -> 00:00, midnight occurs twice
    ("Australia/Lord_Howe", utc(4, 4)),  # half an hour back
    ("Australia/Lord_Howe", utc(10, 3)),  # half an hour forward
    ("Asia/Kathmandu", utc(1, 1)),  # +05:45, no changes
    ("Africa/Casablanca", utc(2, 15)),  # back for Ramadan
    ("Africa/Casablanca", utc(3, 22)),  # and forward after it
    ("Pacific/Apia", utc(12, 30, year=2011)),  # a whole day is skipped
]
Case = tuple[WorkCalendar, datetime, list[datetime]]  # a calendar, the middle of its span, three sorted moments


@cache
def local_times(zone: str, middle: datetime) -> list[tuple[datetime, datetime]]:
    """Each UTC minute of three days around `middle` with its local time, naive."""
    first = middle - 36 * HOUR
    minutes = [first + MINUTE * step for step in range(72 * 60)]
    return [(at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for at in minutes]


def local_windows(calendar: WorkCalendar, on: date) -> list[tuple[datetime, datetime]]:
    """The windows of a local date as naive local times."""
    midnight = datetime.combine(on, time())
    today, yesterday = calendar.weekly[on.weekday()], calendar.weekly[on.weekday() - 1]
    windows = [(window.start_minutes, window.end_minutes) for window in today]
    windows = [(start, end if start < end else 1440) for start, end in windows]
    windows += [(0, window.end_minutes) for window in yesterday if window.start_minutes > window.end_minutes]
    single_ones_last = sorted(calendar.holidays, key=lambda holiday: not holiday.is_recurring)
    for holiday in single_ones_last:
        if holiday.on == on or (holiday.is_recurring and (holiday.on.month, holiday.on.day) == (on.month, on.day)):
            windows = [(holiday.window.start_minutes, holiday.window.end_minutes)] if holiday.window else []
    if calendar.is_24x7:
        windows = [(0, 1440)]
    return [(midnight + start * MINUTE, midnight + end * MINUTE) for start, end in windows]


def open_minutes(calendar: WorkCalendar, middle: datetime) -> list[datetime]:
    """Every open UTC minute within 30 hours of `middle`, by stepping through all of them."""
    times = local_times(calendar.zone, middle)
    found: set[datetime] = set()
    dates = sorted({local.date() for _, local in times})
    for on in [dates[0] - DAY, *dates, dates[-1] + DAY]:
        for start, end in local_windows(calendar, on):
            reached = [at for at, local in times if local >= start]
            not_passed = [(at, local) for at, local in times if local <= end]
            if reached and not_passed:
                last, local = not_passed[-1]
                closes = last if local == end else last + MINUTE
                found.update(at for at, _ in times if reached[0] <= at < closes)
    return sorted(at for at in found if middle - REACH <= at < middle + REACH)


def slowly_worked(minutes: list[datetime], start: datetime, end: datetime) -> timedelta:
    parts = (min(end, minute + MINUTE) - max(start, minute) for minute in minutes)
    return sum((part for part in parts if part > timedelta()), timedelta())


def slowly_added(minutes: list[datetime], start: datetime, amount: timedelta) -> datetime:
    for minute in minutes:
        begin = max(start, minute)
        if begin < minute + MINUTE:
            if amount <= minute + MINUTE - begin:
                return begin + amount
            amount -= minute + MINUTE - begin
    raise AssertionError("the amount is larger than the span")


def slowly_subtracted(minutes: list[datetime], end: datetime, amount: timedelta) -> datetime:
    for minute in reversed(minutes):
        finish = min(end, minute + MINUTE)
        if finish > minute:
            if amount <= finish - minute:
                return finish - amount
            amount -= finish - minute
    raise AssertionError("the amount is larger than the span")


@st.composite
def windows_of_day(draw: st.DrawFn) -> tuple[Window, ...]:
    night = st.integers(0, 16).map(lambda quarter: quarter * 15)  # most clocks change here
    limits = sorted(draw(st.sets(night | st.integers(0, 1440) | st.just(1440), max_size=6)))
    return tuple(Window(start, end) for start, end in zip(limits[::2], limits[1::2], strict=False))


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[Window, ...], ...]:
    week = draw(st.lists(windows_of_day(), min_size=7, max_size=7).filter(any))
    for weekday in draw(st.sets(st.integers(0, 6), max_size=3)):  # windows past midnight, where there is room
        opens_after = max([window.end_minutes for window in week[weekday]] + [600])
        ends_by = min([window.start_minutes for window in week[(weekday + 1) % 7]] + [600])
        if opens_after < 1439 and ends_by > 0:
            night = Window(draw(st.integers(opens_after + 1, 1439)), draw(st.integers(1, ends_by)))
            week[weekday] = (*week[weekday], night)
    return tuple(week)


@st.composite
def calendars(draw: st.DrawFn, zone: str, middle: datetime) -> WorkCalendar:
    holidays = []
    for day in draw(st.sets(st.integers(-2, 2), max_size=3)):
        half_days = windows_of_day().map(lambda windows: windows[0] if windows else None)
        on = (middle + day * DAY).date()
        kinds = draw(st.sets(st.booleans(), min_size=1))
        holidays += [
            Holiday(on.replace(year=2000) if kind else on, kind, draw(half_days), f"{on} {kind}") for kind in kinds
        ]
    return WorkCalendar(zone, draw(weeks()), tuple(holidays), draw(st.integers(0, 19)) == 19)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, middle = draw(st.sampled_from(SPANS))
    reach = 30 * 3_600_000_000 - 1
    moments = st.integers(-119, 119).map(lambda quarter: quarter * 15 * MINUTE) | st.integers(-reach, reach).map(
        lambda micros: timedelta(microseconds=micros)
    )
    times = [middle + offset for offset in draw(st.lists(moments, min_size=3, max_size=3))]
    return draw(calendars(zone, middle)), middle, sorted(times)


@settings(max_examples=100)
@given(cases())
def test_every_function_agrees_with_stepping_through_minutes(case: Case) -> None:
    calendar, middle, (first, second, third) = case
    minutes = open_minutes(calendar, middle)
    amount = slowly_worked(minutes, first, third)

    assert worked(calendar, first, third) == amount
    assert worked(calendar, first, second) == slowly_worked(minutes, first, second)
    if amount:
        assert add_worked(calendar, first, amount) == slowly_added(minutes, first, amount)
        assert subtract_worked(calendar, third, amount) == slowly_subtracted(minutes, third, amount)
        part = slowly_worked(minutes, first, second) or amount / 2
        assert add_worked(calendar, first, part) == slowly_added(minutes, first, part)
        assert subtract_worked(calendar, third, part) == slowly_subtracted(minutes, third, part)
    assert is_open(calendar, second) == any(minute <= second < minute + MINUTE for minute in minutes)
    opening = next((max(second, minute) for minute in minutes if minute + MINUTE > second), None)
    if opening is not None:
        assert next_open(calendar, second) == opening
    assert {
        start + MINUTE * step
        for start, end in open_intervals(calendar, middle - REACH, middle + REACH)
        for step in range((end - start) // MINUTE)
    } == set(minutes)


@settings(max_examples=40)
@given(cases())
def test_worked_time_adds_up_over_a_split(case: Case) -> None:
    calendar, _, (a, b, c) = case
    assert worked(calendar, a, b) + worked(calendar, b, c) == worked(calendar, a, c)


@settings(max_examples=40)
@given(cases(), st.timedeltas(timedelta(microseconds=1), timedelta(hours=60)))
def test_added_time_is_the_time_worked_in_between(case: Case, amount: timedelta) -> None:
    calendar, _, (start, end, _) = case
    due = add_worked(calendar, start, amount)
    assert worked(calendar, start, due) == amount
    assert worked(calendar, start, due - timedelta(microseconds=1)) == amount - timedelta(microseconds=1)
    begun = subtract_worked(calendar, end, amount)
    assert worked(calendar, begun, end) == amount
    assert worked(calendar, begun + timedelta(microseconds=1), end) == amount - timedelta(microseconds=1)


@settings(max_examples=40)
@given(cases(), st.timedeltas(timedelta(), timedelta(hours=60)), st.timedeltas(timedelta(), timedelta(hours=60)))
def test_later_start_or_more_work_is_never_due_earlier(case: Case, amount: timedelta, more: timedelta) -> None:
    calendar, _, (early, late, _) = case
    assert add_worked(calendar, early, amount) <= add_worked(calendar, late, amount)
    assert add_worked(calendar, early, amount) <= add_worked(calendar, early, amount + more)
    assert worked(calendar, early, late) <= late - early


@settings(max_examples=40)
@given(cases(), st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_open_intervals_are_apart_and_sum_up_to_the_worked_time(case: Case, other: datetime) -> None:
    calendar, _, (moment, _, _) = case
    start, end = sorted((moment, min(max(other, moment - 400 * DAY), moment + 400 * DAY)))
    stretches = list(open_intervals(calendar, start, end))
    assert sum((closes - opens for opens, closes in stretches), timedelta()) == worked(calendar, start, end)
    assert all(closes < opens for (_, closes), (opens, _) in pairwise(stretches))
    assert all(opens < closes for opens, closes in stretches)


@settings(max_examples=40)
@given(cases(), st.integers(1, 12))
def test_business_days_follow_the_dates_with_open_time(case: Case, days: int) -> None:
    calendar, _, (start, _, _) = case
    zone = ZoneInfo(calendar.zone)

    def opens_on(on: date) -> bool:  # a window whose minutes are all skipped by a clock change does not open
        minutes = [
            start + MINUTE * step
            for start, end in local_windows(calendar, on)
            for step in range((end - start) // MINUTE)
        ]
        return any(
            minute.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == minute
            for minute in minutes
        )

    local = start.astimezone(zone)
    if not opens_on(local.date()):
        local = next_open(calendar, start).astimezone(zone)
    on = local.date()
    for _ in range(days):
        on += DAY
        while not opens_on(on):
            on += DAY
    due = add_business_days(calendar, start, days).astimezone(zone).replace(tzinfo=None)
    wanted = datetime.combine(on, local.time())
    assert timedelta() <= due - wanted <= HOUR  # more than none only where the clock jumps over the local time
