"""When something that recurs comes next: the same local time, whatever the clocks do. Plain Python without Django.

A local time that a clock change skips is the instant of that change; one that occurs twice is its first occurrence. A
month without the day takes its last one, and the next month has the day again. Source: domain.md section 13.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from core.moments import LAST_YEAR
from core.workcalendar import instant, moment

MOST_BETWEEN = 366
"""Of days, weeks or months between two runs."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    frequency: Literal["daily", "weekly", "monthly"]
    interval: int
    """Every so many days, weeks or months; 1 to `MOST_BETWEEN`."""
    first: datetime
    """The first run by the clock on the wall, so without a zone; all others follow from it, not from each other."""
    end_on: date | None = None
    """The last local day on which it may run."""


def run(recurrence: Recurrence, number: int, zone: ZoneInfo) -> datetime | None:
    """The run of this number, UTC, counted from 0; None after the end."""
    on = _day(recurrence, number)
    if on is None or (recurrence.end_on is not None and on > recurrence.end_on):
        return None
    return at_local(datetime.combine(on, recurrence.first.time()), zone)


def next_run(recurrence: Recurrence, after: datetime, zone: ZoneInfo) -> datetime | None:
    """The first run later than `after` (aware), UTC; None if there is none any more."""
    return next(runs(recurrence, after, zone), None)


def runs(recurrence: Recurrence, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """All runs later than `after` in their order, UTC. Lazy."""
    number = max(_about(recurrence, after.astimezone(zone).date()) - 1, 0)
    while (found := run(recurrence, number, zone)) is not None:
        if found > after:
            yield found
        number += 1


def days_later(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time so many calendar days after `start` (aware), UTC."""
    return at_local(start.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=days), zone)


def at_local(local: datetime, zone: ZoneInfo) -> datetime:
    """A time by the clock on the wall of `zone`, UTC."""
    return moment(instant(local, zone, second=False)).astimezone(UTC)


def _about(recurrence: Recurrence, on: date) -> int:
    """The number of the run on or shortly before this day."""
    first = recurrence.first.date()
    if recurrence.frequency == "monthly":
        return ((on.year - first.year) * 12 + on.month - first.month) // recurrence.interval
    return (on - first).days // _days_between(recurrence)


def _day(recurrence: Recurrence, number: int) -> date | None:
    """None beyond the years in which a desk can have business."""
    first = recurrence.first.date()
    if recurrence.frequency == "monthly":
        years, month = divmod(first.month - 1 + number * recurrence.interval, 12)
        year, month = first.year + years, month + 1
        return date(year, month, min(first.day, monthrange(year, month)[1])) if year <= LAST_YEAR else None
    ordinal = first.toordinal() + number * _days_between(recurrence)
    return date.fromordinal(ordinal) if ordinal <= date(LAST_YEAR, 12, 31).toordinal() else None


def _days_between(recurrence: Recurrence) -> int:
    return recurrence.interval * (7 if recurrence.frequency == "weekly" else 1)
