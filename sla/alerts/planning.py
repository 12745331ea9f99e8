"""When an alert is due. Plain Python: no database, no clock of its own; moments are UTC. Source: domain.md section 10.

A moment that has come is due, and so are those of lower levels: levels never fire out of order. What nobody counts as
waiting, such as the customer's turn, is given as stops.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from core.worktime import WorkCalendar, subtract_worked
from sla.explain import Reckoning, Stop


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a cycle's thresholds are counted from, in the open time of a calendar."""

    at: datetime
    calendar: WorkCalendar
    is_due: bool = False
    """Whether they are counted back from `at`, when something is to be done by then."""
    stops: Sequence[Stop] = ()
    """Time after `at` that does not count."""

    def moment(self, minutes: int) -> datetime:
        """When a threshold of so many business minutes is reached."""
        amount = timedelta(minutes=minutes)
        if self.is_due:
            return subtract_worked(self.calendar, self.at, amount)
        return Reckoning(self.calendar, self.at, amount, self.stops).due_at


def moments(anchor: Anchor, thresholds: Mapping[int, int], *, since: int = 1) -> Iterator[tuple[int, datetime]]:
    """Levels from `since` on with their moments, in order; one that would come before a lower level comes with it."""
    reached = None
    for level in sorted(thresholds):
        if level >= since:
            moment = anchor.moment(thresholds[level])
            reached = moment if reached is None else max(reached, moment)
            yield level, reached


def levels_due(
    anchor: Anchor, thresholds: Mapping[int, int], *, now: datetime, since: int = 1
) -> list[tuple[int, datetime]]:
    """Which levels from `since` on have been reached by `now`, and when they were."""
    return list(takewhile(lambda reached: reached[1] <= now, moments(anchor, thresholds, since=since)))


def next_moment(anchor: Anchor, thresholds: Mapping[int, int], *, since: int = 1) -> datetime | None:
    """When the first level from `since` on is reached; None if there is none."""
    return next((moment for _level, moment in moments(anchor, thresholds, since=since)), None)
