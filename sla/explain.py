"""Why a promise is due when it is: one reckoning gives the moment and every stretch of time that led to it.

Plain Python without Django. Moments are aware datetimes in UTC, amounts are open time of a calendar. Source: domain.md
section 9. A stop takes time out of the reckoning; what lies in no stop counts as far as the calendar is open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from core.worktime import WorkCalendar, add_worked, next_open, stretches, subtract_worked, worked

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Stop:
    """Time that does not count, from `from_at` on; without `to_at` it has not ended yet."""

    reason: str
    from_at: datetime
    to_at: datetime | None = None
    until: datetime | None = None
    """When it ends by itself."""
    by: UUID | None = None
    ended_by: UUID | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the time between start and end of an explanation."""

    start: datetime
    end: datetime
    kind: str
    """`open` counts; `closed` and `paused` do not."""
    why: str = ""
    """Of a closed one what the calendar says, of a paused one the reason of its stop."""
    name: str = ""
    """Of a holiday."""
    by: UUID | None = None
    """Who stopped the clock."""
    note: str = ""


def seconds_of(segments: Sequence[Segment]) -> list[int]:
    """Whole seconds of each, as they pass in and out of hours, such that those that count add up to what was counted,
    and the others to the rest; one that has no second of its own has 0.
    """
    passed = {True: NOTHING, False: NOTHING}
    found = []
    for segment in segments:
        counts = segment.kind == "open"
        before = passed[counts]
        passed[counts] = before + (segment.end - segment.start)
        found.append(passed[counts] // SECOND - before // SECOND)
    return found


@dataclass(frozen=True)
class Reckoning:
    """`target` of open time from `start` on, without the stops."""

    calendar: WorkCalendar
    start: datetime
    target: timedelta
    stops: Sequence[Stop] = ()

    @cached_property
    def due_at(self) -> datetime:
        """The earliest moment at which the target is used up. A stop that lasts is taken to end at once."""
        return self._reached(self.target)

    @cached_property
    def at_risk_at(self) -> datetime:
        """After this moment less is left than a quarter of the target or an hour, the longer of them, at most half the
        target.
        """
        moment = self._reached(self.target - threshold_of(self.target))
        for stop in self._ended:
            if stop.from_at <= moment < (stop.to_at or moment):
                moment = stop.to_at or moment
        return min(next_open(self.calendar, moment), self.due_at)

    @property
    def open_stop(self) -> Stop | None:
        """The one that lasts; of several the first."""
        return next((stop for stop in self._merged if stop.to_at is None), None)

    def counted(self, until: datetime) -> timedelta:
        """Open time used up by `until`."""
        return sum((worked(self.calendar, begin, end) for begin, end, stop in self._parts(until) if not stop), NOTHING)

    def stopped(self, until: datetime) -> timedelta:
        """Open time that stops have kept from counting by `until`."""
        return sum((worked(self.calendar, begin, end) for begin, end, stop in self._parts(until) if stop), NOTHING)

    def segments(self, until: datetime) -> list[Segment]:
        """From `start` to `until`, without a gap and in order."""
        return list(self._segments(until))

    def _segments(self, until: datetime) -> Iterator[Segment]:
        for begin, end, stop in self._parts(until):
            if stop is not None:
                yield Segment(begin, end, "paused", stop.reason, by=stop.by, note=stop.note)
                continue
            for part in stretches(self.calendar, begin, end):
                if part.is_open:
                    yield Segment(part.start, part.end, "open")
                else:
                    yield Segment(part.start, part.end, "closed", str(part.why), part.name)

    def _reached(self, amount: timedelta) -> datetime:
        at, left = self.start, amount
        for stop in self._ended:
            if stop.from_at > at:
                done = worked(self.calendar, at, stop.from_at)
                if done >= left:
                    break
                left -= done
            at = max(at, stop.to_at or at)
        return add_worked(self.calendar, at, left)

    def _parts(self, until: datetime) -> Iterator[tuple[datetime, datetime, Stop | None]]:
        """Stretches that count by the calendar (no stop), and those that do not."""
        at = self.start
        for stop in self._merged:
            begin, end = max(at, stop.from_at), min(stop.to_at or until, until)
            if begin >= end:
                continue
            if at < begin:
                yield at, begin, None
            yield begin, end, stop
            at = end
        if at < until:
            yield at, until, None

    @cached_property
    def _merged(self) -> list[Stop]:
        """In order; where they overlap each later one says why only for what it adds."""
        return sorted(self.stops, key=lambda stop: (stop.from_at, stop.to_at is None, stop.to_at or stop.from_at))

    @cached_property
    def _ended(self) -> list[Stop]:
        return [stop for stop in self._merged if stop.to_at is not None and stop.to_at > self.start]


def threshold_of(target: timedelta) -> timedelta:
    """How much is left when a promise begins to be at risk."""
    return min(max(target / 4, HOUR), target / 2)


def left_of(calendar: WorkCalendar, due_at: datetime, now: datetime) -> timedelta:
    """Open time until the due moment, negative once it has passed."""
    return worked(calendar, now, due_at) if now <= due_at else -worked(calendar, due_at, now)


def at_risk_before(calendar: WorkCalendar, due_at: datetime, target: timedelta) -> datetime:
    """As `at_risk_at`, for a promise that ends earlier than its own target says."""
    return subtract_worked(calendar, due_at, threshold_of(target))
