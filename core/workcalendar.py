"""When a team works, as values (`WorkCalendar`), and the UTC stretches a calendar is open, computed once per year.

Plain Python without Django; `core.worktime` counts with it and states the rules. Instants are microseconds since 1970.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1900, 2200  # local years that calendars reach
MAX_IDLE_YEARS = 10  # a calendar shut for so many years in a row is taken to open never again

HolidayKey = date | tuple[int, int]  # a single date, or month and day of every year
Span = tuple[int, int]  # from, to (exclusive): minutes of a local day, or UTC microseconds since 1970

_DAY_MINUTES = 24 * 60
_WHOLE_DAY: tuple[Span, ...] = ((0, _DAY_MINUTES),)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCAL_EPOCH = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)


def _midnight(on: date) -> datetime:
    """Midnight as a wall clock shows it, without a zone yet."""
    return datetime.combine(on, time())


def gettext_noop(text: str) -> str:
    """Marks a text for the translators; pages translate it, this module knows no Django."""
    return text


def clock(minutes: int) -> str:
    """Minutes after midnight as people write them: 510 is 08:30."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


WEEKDAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)


class Why(StrEnum):
    """Why a calendar is open, or what shuts it."""

    OPEN = "open"
    OUTSIDE_HOURS = "outside_hours"  # a working day, not within its windows
    FREE_DAY = "free_day"  # a weekday without any window
    HOLIDAY = "holiday"  # also on a half day, outside its window


class InvalidCalendar(ValueError):
    """Zone, windows or holidays are unusable or contradict each other: `template`, in English, filled with `facts`, of
    which `weekday` is one of `WEEKDAYS`.
    """

    def __init__(self, template: str, **facts: Any) -> None:
        self.template, self.facts = template, facts
        super().__init__(template % facts)


class NoOpenTime(ValueError):
    """The search met `MAX_IDLE_YEARS` shut years in a row, or a moment lies outside `FIRST_YEAR` to `LAST_YEAR`."""


@dataclass(frozen=True)
class Window:
    """Open from `start` to `end`, whole minutes of local time: a `time`, or minutes since 00:00.

    An `end` of 00:00 or 1440 is midnight at the end of the day. A window with `start` after `end` runs past midnight;
    what lies after it belongs to the next day, whose holiday, not the first day's, decides about it.
    """

    start: time | int = field(compare=False)
    end: time | int = field(compare=False)
    start_minutes: int = field(init=False, repr=False)
    end_minutes: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        opens, closes = _minutes(self.start), _minutes(self.end) or _DAY_MINUTES
        if opens in (closes, _DAY_MINUTES):
            raise InvalidCalendar(
                gettext_noop("a window from %(start)s to %(end)s has no length; a whole day is 00:00 to 24:00"),
                start=clock(opens),
                end=clock(closes),
            )
        object.__setattr__(self, "start_minutes", opens)
        object.__setattr__(self, "end_minutes", closes)

    @property
    def passes_midnight(self) -> bool:
        return self.start_minutes > self.end_minutes


@dataclass(frozen=True)
class Holiday:
    """A day on which `window` replaces all windows of the weekday (half-day), or which is shut (`window` None).

    A recurring one holds for month and day of `on` in every year, before and after it, and one of 29 February in leap
    years. Where a single and a recurring one meet on a date, the single one holds; of two recurring ones the one whose
    `on` is later, as lists of holidays are entered anew year by year.
    """

    on: date
    is_recurring: bool = False
    window: Window | None = None
    name: str = ""

    @property
    def spans(self) -> tuple[Span, ...]:
        return ((self.window.start_minutes, self.window.end_minutes),) if self.window else ()

    def __post_init__(self) -> None:
        if self.window is not None and self.window.passes_midnight:
            raise InvalidCalendar(
                gettext_noop("the window of holiday %(day)s passes midnight, it must end by 24:00"), day=self.on
            )


@dataclass(frozen=True)
class WorkCalendar:
    """When a team works: windows per weekday, Monday first, in the local time of `zone` (IANA name).

    A 24x7 calendar is always open, its windows and holidays do not count. Equal calendars share what has been computed,
    so rows may be turned into calendars again and again. Raises InvalidCalendar for an unknown zone, a week without any
    window or of other than seven days, overlapping windows (they may touch), and two single holidays on one day.
    """

    zone: str
    weekly: tuple[tuple[Window, ...], ...] = ((),) * 7
    holidays: tuple[Holiday, ...] = ()
    is_24x7: bool = False

    def __post_init__(self) -> None:
        _zone(self.zone)
        _weekday_spans(self.weekly)
        _by_date(self.holidays)
        if not self.is_24x7 and not any(self.weekly):
            raise InvalidCalendar(gettext_noop("the calendar has no window in the week, so it would never open"))

    @cached_property
    def timeline(self) -> "Timeline":
        return _timeline(self)


@dataclass(frozen=True, slots=True)
class Year:
    """A local year in microseconds since 1970. `starts` and `ends` of its open stretches are sorted and disjoint."""

    number: int
    begins: int
    until: int
    starts: list[int]
    ends: list[int]
    before: list[int]  # open time of the year ahead of each stretch; one more than stretches, the last is the total
    business_days: list[int]  # ordinals of the local dates with open time

    @property
    def total(self) -> int:
        return self.before[-1]

    def is_open(self, at: int) -> bool:
        index = bisect_right(self.starts, at) - 1
        return index >= 0 and at < self.ends[index]

    def open_until(self, at: int) -> int:
        """Open time of the year up to `at`."""
        index = bisect_right(self.starts, at) - 1
        return self.before[index] + min(at, self.ends[index]) - self.starts[index] if index >= 0 else 0

    def earliest_with(self, open_time: int) -> int:
        """When `open_time` is reached, 0 < open_time <= total: on a limit the end of the stretch before it."""
        index = bisect_left(self.before, open_time) - 1
        return self.starts[index] + open_time - self.before[index]

    def latest_with(self, open_time: int) -> int:
        """When `open_time` is about to be passed, 0 <= open_time < total: on a limit the start of the next stretch."""
        index = bisect_right(self.before, open_time) - 1
        return self.starts[index] + open_time - self.before[index]


class Timeline:
    """The open stretches of a calendar, computed year by year when first asked for (a year takes some milliseconds).

    Threads may share it: what two of them compute at once is equal.
    """

    def __init__(self, calendar: WorkCalendar) -> None:
        self.zone = _zone(calendar.zone)
        self._by_weekday = (_WHOLE_DAY,) * 7 if calendar.is_24x7 else _weekday_spans(calendar.weekly)
        self._holidays = _by_date(() if calendar.is_24x7 else calendar.holidays)
        self._years: dict[int, Year] = {}

    def year(self, number: int) -> Year:
        if (year := self._years.get(number)) is None:
            year = self._years[number] = self._expanded(number)
        return year

    def year_of(self, at: datetime) -> Year:
        """The local year in which `at` (UTC) lies."""
        year, when = self.year(at.year), micros(at)
        if when < year.begins:
            return self.year(year.number - 1)
        return year if when < year.until else self.year(year.number + 1)

    def years(self, first: Year, *, step: int) -> Iterator[Year]:
        """`first` and the years after (step 1) or before it (step -1), until `MAX_IDLE_YEARS` in a row are shut."""
        yield first
        number, idle = first.number, 0
        while idle < MAX_IDLE_YEARS:
            number += step
            year = self.year(number)
            idle = 0 if year.total else idle + 1
            yield year

    def _expanded(self, number: int) -> Year:
        if not FIRST_YEAR <= number <= LAST_YEAR:
            raise NoOpenTime(f"calendars reach from {FIRST_YEAR} to {LAST_YEAR}, not to {number}")
        begins, until = (self.begin_of(date(year, 1, 1)) for year in (number, number + 1))
        first, after = (date(number, 1, 1).toordinal(), date(number + 1, 1, 1).toordinal())
        # The days next to the year as well: with a clock change at midnight their windows can reach into it.
        by_day = {day: self.spans_on(date.fromordinal(day)) for day in range(first - 1, after + 1)}
        stretches = list(clipped(joined(sorted(span for spans in by_day.values() for span in spans)), begins, until))
        return Year(
            number=number,
            begins=begins,
            until=until,
            starts=[start for start, _ in stretches],
            ends=[end for _, end in stretches],
            before=list(accumulate((end - start for start, end in stretches), initial=0)),
            business_days=[day for day in range(first, after) if by_day[day]],
        )

    def spans_on(self, on: date) -> list[Span]:
        """UTC microseconds of the windows of a local date; a window that a clock change skips whole is none."""
        holiday = self._holiday_on(on)
        spans = []
        for start, end in holiday.spans if holiday else self._by_weekday[on.weekday()]:
            opens = instant(_local(on, start), self.zone, second=False)
            closes = instant(_local(on, end), self.zone, second=True)
            if opens < closes:
                spans.append((opens, closes))
        return spans

    def begin_of(self, on: date) -> int:
        """When a local date begins; a date that the clock skips whole begins with the next one."""
        return instant(_midnight(on), self.zone, second=False)

    def why_shut_on(self, on: date) -> tuple[Why, str]:
        """What shuts a local date outside its windows, and the holiday's name if one does."""
        if holiday := self._holiday_on(on):
            return Why.HOLIDAY, holiday.name
        return (Why.OUTSIDE_HOURS if self._by_weekday[on.weekday()] else Why.FREE_DAY), ""

    def _holiday_on(self, on: date) -> Holiday | None:
        return self._holidays.get(on) or self._holidays.get((on.month, on.day))


@lru_cache(maxsize=64)
def _timeline(calendar: WorkCalendar) -> Timeline:
    return Timeline(calendar)


def _weekday_spans(weekly: tuple[tuple[Window, ...], ...]) -> tuple[tuple[Span, ...], ...]:
    """The windows of each weekday in order, those that pass midnight cut in two."""
    if len(weekly) != 7:
        raise InvalidCalendar("a week has windows for 7 days, Monday first, not for %(count)s", count=len(weekly))
    by_weekday: list[list[Span]] = [[] for _ in range(7)]
    for weekday, windows in enumerate(weekly):
        for window in windows:
            if window.passes_midnight:
                by_weekday[weekday].append((window.start_minutes, _DAY_MINUTES))
                by_weekday[(weekday + 1) % 7].append((0, window.end_minutes))
            else:
                by_weekday[weekday].append((window.start_minutes, window.end_minutes))
    for weekday, spans in enumerate(by_weekday):
        spans.sort()
        for earlier, later in pairwise(spans):
            if later[0] < earlier[1]:
                first, second = (f"{clock(start)}–{clock(end)}" for start, end in (earlier, later))
                template = gettext_noop("on %(weekday)s the windows %(first)s and %(second)s overlap")
                raise InvalidCalendar(template, weekday=WEEKDAYS[weekday], first=first, second=second)
    return tuple(tuple(spans) for spans in by_weekday)


def _by_date(holidays: tuple[Holiday, ...]) -> dict[HolidayKey, Holiday]:
    found: dict[HolidayKey, Holiday] = {}
    for holiday in sorted(holidays, key=lambda holiday: holiday.on):
        if holiday.on in found and not holiday.is_recurring:
            raise InvalidCalendar(gettext_noop("two single holidays on %(day)s"), day=holiday.on)
        found[(holiday.on.month, holiday.on.day) if holiday.is_recurring else holiday.on] = holiday
    return found


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Sorted spans with those that touch or overlap made one; a repeated hour lets windows overlap."""
    current: Span | None = None
    for start, end in spans:
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def clipped(spans: Iterable[Span], begin: int, until: int) -> Iterator[Span]:
    for start, end in spans:
        start, end = max(start, begin), min(end, until)
        if start < end:
            yield start, end


def instant(local: datetime, zone: ZoneInfo, *, second: bool) -> int:
    """UTC microseconds of a naive local time. `second`: which one of two occurrences; skipped: the change."""
    before = _offset(local.replace(tzinfo=zone))
    after = _offset(local.replace(tzinfo=zone, fold=1))
    elapsed = local - _LOCAL_EPOCH
    if before >= after:
        return (elapsed - (after if second else before)) // _MICROSECOND
    # Skipped: read with the offset after the change it lies before the change, and the other way round.
    seconds = range((elapsed - after) // _SECOND, (elapsed - before) // _SECOND + 1)
    change = bisect_left(seconds, after, key=lambda at: _offset((_EPOCH + at * _SECOND).astimezone(zone)))
    return seconds[change] * (_SECOND // _MICROSECOND)


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()  # None cannot be, it has a zone


def _local(on: date, minutes: int) -> datetime:
    return _midnight(on) + timedelta(minutes=minutes)


def _minutes(value: time | int) -> int:
    if isinstance(value, time):
        if value.tzinfo is not None or value.second or value.microsecond:
            raise InvalidCalendar(
                "windows start and end at whole minutes of local time, not at %(value)s", value=value.isoformat()
            )
        return value.hour * 60 + value.minute
    if not 0 <= value <= _DAY_MINUTES:
        raise InvalidCalendar(
            "minutes of a day go from 0 to %(most)s, not to %(value)s", most=_DAY_MINUTES, value=value
        )
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown, malformed, or a directory like "Europe"
        raise InvalidCalendar(gettext_noop("%(name)r is no IANA time zone"), name=name) from error


def micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    return _EPOCH + at * _MICROSECOND
