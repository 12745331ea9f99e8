"""Business time: how long a calendar was open between two moments, and when an amount of open time is used up.

Plain Python without Django. Moments are aware datetimes of any zone, results are UTC; naive ones raise ValueError.

Source of the rules: domain.md section 9. Windows are local times, counting is elapsed UTC time, exact to the
microsecond. A local time that a clock change skips is the instant of that change. A local time that occurs twice is its
first occurrence where it opens a window and its second where it closes one. At the end of a window the calendar is
closed, yet an amount that is used up exactly there ends there and not at the next opening.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from core.workcalendar import (
    MAX_IDLE_YEARS,
    Holiday,
    InvalidCalendar,
    NoOpenTime,
    Span,
    Timeline,
    Why,
    Window,
    WorkCalendar,
    Year,
    clipped,
    instant,
    joined,
    micros,
    moment,
)

__all__ = [
    "Holiday",
    "InvalidCalendar",
    "NoOpenTime",
    "Stretch",
    "Why",
    "Window",
    "WorkCalendar",
    "add_business_days",
    "add_worked",
    "is_open",
    "next_open",
    "open_intervals",
    "stretches",
    "subtract_worked",
    "worked",
]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time from `start` until `end`, UTC, in which a calendar is open, or shut for one reason."""

    start: datetime
    end: datetime
    is_open: bool
    why: Why
    name: str  # of the holiday that shuts it, else empty


def worked(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """Open time between two moments. `end` before `start` raises ValueError, as the caller has mixed something up."""
    begin, finish = _period(start, end)
    first, last = calendar.timeline.year_of(begin), calendar.timeline.year_of(finish)
    years_between = sum(calendar.timeline.year(number).total for number in range(first.number, last.number))
    return timedelta(microseconds=years_between + last.open_until(micros(finish)) - first.open_until(micros(begin)))


def add_worked(calendar: WorkCalendar, start: datetime, amount: timedelta) -> datetime:
    """The earliest moment at which `amount` has been worked since `start`; `start` itself, open or not, for nothing.

    Raises ValueError for a negative amount, NoOpenTime if the calendar never opens so long.
    """
    begin, needed = _utc(start), _amount(amount)
    if not needed:
        return begin
    first = calendar.timeline.year_of(begin)
    needed += first.open_until(micros(begin))
    for year in calendar.timeline.years(first, step=1):
        if needed <= year.total:
            return moment(year.earliest_with(needed))
        needed -= year.total
    raise _shut(year)


def subtract_worked(calendar: WorkCalendar, end: datetime, amount: timedelta) -> datetime:
    """The latest moment from which `amount` is worked until `end`; `end` itself, open or not, for nothing.

    An amount that reaches back exactly to an opening gives that opening, not the closing before it. Raises like
    `add_worked`.
    """
    finish, needed = _utc(end), _amount(amount)
    if not needed:
        return finish
    last = calendar.timeline.year_of(finish)
    position = last.open_until(micros(finish)) - needed
    for year in calendar.timeline.years(last, step=-1):
        position += year.total if year is not last else 0
        if position >= 0:
            return moment(year.latest_with(position))
    raise _shut(year)


def is_open(calendar: WorkCalendar, at: datetime) -> bool:
    """True from the opening of a window on; false again at the very moment it closes."""
    when = _utc(at)
    return calendar.timeline.year_of(when).is_open(micros(when))


def next_open(calendar: WorkCalendar, at: datetime) -> datetime:
    """`at` if the calendar is open then, else the next opening. Raises NoOpenTime."""
    when = _utc(at)
    for year in calendar.timeline.years(calendar.timeline.year_of(when), step=1):
        index = bisect_right(year.ends, micros(when))
        if index < len(year.ends):
            return max(moment(year.starts[index]), when)
    raise _shut(year)


def open_intervals(calendar: WorkCalendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches between two moments in order, cut at them. Windows that touch, also at midnight, are one.

    Lazy. `end` before `start` raises ValueError at the call.
    """
    begin, finish = _period(start, end)
    return ((moment(opens), moment(closes)) for opens, closes in _open_spans(calendar, begin, finish))


def stretches(calendar: WorkCalendar, start: datetime, end: datetime) -> Iterator[Stretch]:
    """All the time between two moments, without a gap and in order: when the calendar is open, and why it is shut else.

    Neighbours differ, so a night is one stretch though midnight lies in it, and two holidays in a row are two. The open
    ones are those of `open_intervals` and sum up to `worked`. Lazy. `end` before `start` raises ValueError at the call.
    """
    begin, finish = _period(start, end)
    return _stretches(calendar.timeline, micros(begin), micros(finish), _open_spans(calendar, begin, finish))


def add_business_days(calendar: WorkCalendar, start: datetime, days: int) -> datetime:
    """The moment from which on `days` whole business days have passed since `start`.

    A business day is a local date with open time. The result is the local time of `start` on the `days`-th business day
    after its date, within a window or not: Friday 17:00 and one day is Monday 17:00. A `start` on any other date counts
    from the next opening, as else the first day would count only in part: Saturday and one day, opening at 08:00, is
    Tuesday 08:00. If a clock change skips that local time, the result is the instant of the change; if it occurs twice,
    the second occurrence, as this is the end of a term. No days give `start`; raises ValueError for fewer, NoOpenTime.
    """
    if days < 0:
        raise ValueError(f"business days cannot be negative: {days}")
    origin = _utc(start)
    if not days:
        return origin
    timeline = calendar.timeline
    local = origin.astimezone(timeline.zone)
    if not timeline.spans_on(local.date()):
        local = next_open(calendar, origin).astimezone(timeline.zone)
    first = timeline.year(local.year)
    index = bisect_right(first.business_days, local.toordinal()) + days - 1
    for year in timeline.years(first, step=1):
        if index < len(year.business_days):
            due_on = date.fromordinal(year.business_days[index])
            return moment(instant(datetime.combine(due_on, local.time()), timeline.zone, second=True))
        index -= len(year.business_days)
    raise _shut(year)


def _open_spans(calendar: WorkCalendar, begin: datetime, finish: datetime) -> Iterator[Span]:
    first, last = calendar.timeline.year_of(begin), calendar.timeline.year_of(finish)
    years = (calendar.timeline.year(number) for number in range(first.number, last.number + 1))
    spans = (span for year in years for span in zip(year.starts, year.ends, strict=True))
    return clipped(joined(spans), micros(begin), micros(finish))


def _stretches(timeline: Timeline, at: int, until: int, open_spans: Iterator[Span]) -> Iterator[Stretch]:
    for opens, closes in open_spans:
        yield from _shut_stretches(timeline, at, opens)
        yield Stretch(moment(opens), moment(closes), is_open=True, why=Why.OPEN, name="")
        at = closes
    yield from _shut_stretches(timeline, at, until)


def _shut_stretches(timeline: Timeline, at: int, until: int) -> Iterator[Stretch]:
    for (why, name), days in groupby(_shut_days(timeline, at, until), key=lambda day: timeline.why_shut_on(day[0])):
        *_, (_on, end) = days
        yield Stretch(moment(at), moment(end), is_open=False, why=why, name=name)
        at = end


def _shut_days(timeline: Timeline, at: int, until: int) -> Iterator[tuple[date, int]]:
    """The local dates of a time, each with the moment until which the time is its."""
    on = moment(at).astimezone(timeline.zone).date()
    while at < until:
        end = min(timeline.begin_of(on + _DAY), until)
        if end > at:  # a date that the clock skips, or repeats an hour of, has nothing left
            yield on, end
            at = end
        on += _DAY


def _period(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    begin, finish = (_utc(start), _utc(end))  # first to UTC: two times of one zone compare by the clock on the wall
    if finish < begin:
        raise ValueError(f"the end {end.isoformat()} lies before the start {start.isoformat()}")
    return begin, finish


def _amount(amount: timedelta) -> int:
    if amount < timedelta():
        raise ValueError(f"an amount of open time cannot be negative: {amount}")
    return amount // timedelta(microseconds=1)


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"a moment needs a time zone, {at.isoformat()} has none")
    return at.astimezone(UTC)


def _shut(year: Year) -> NoOpenTime:
    return NoOpenTime(f"the calendar is shut for {MAX_IDLE_YEARS} years in a row, searched as far as {year.number}")
