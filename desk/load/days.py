"""When the tickets of a load come in: three years of working days, few at weekends and at night."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

YEARS = 3
_WEEKDAY_WEIGHTS = (1.15, 1.1, 1.0, 1.0, 0.9, 0.12, 0.07)
_HOUR_WEIGHTS = (1, 1, 1, 1, 2, 4, 12, 40, 75, 90, 85, 70, 50, 70, 80, 70, 55, 30, 14, 8, 5, 4, 2, 1)
_HOURS = (0.0, *accumulate(weight / sum(_HOUR_WEIGHTS) for weight in _HOUR_WEIGHTS))


@dataclass(frozen=True)
class Days:
    """Spreads `total` tickets, numbered in the order of their creation, over the days before `until` (UTC)."""

    until: datetime
    total: int
    first_day: date
    first_index: tuple[int, ...]
    """Of each day: how many tickets were created before it."""

    @classmethod
    def before(cls, until: datetime, total: int) -> "Days":
        first_day = until.date() - timedelta(days=365 * YEARS)
        weights = [_WEEKDAY_WEIGHTS[(first_day + timedelta(days=n)).weekday()] for n in range(365 * YEARS)]
        whole = sum(weights)
        cumulative = accumulate(weights)
        return cls(until, total, first_day, (0, *(round(total * part / whole) for part in cumulative)))

    def day_of(self, index: int) -> int:
        return bisect_right(self.first_index, index) - 1

    def created_at(self, index: int, jitter: float) -> datetime:
        """Moment of creation; `jitter` from 0 to below 1 keeps the order of the numbers."""
        day = self.day_of(index)
        before, after = self.first_index[day], self.first_index[day + 1]
        part = (index - before + jitter) / (after - before)
        hour = bisect_right(_HOURS, part) - 1
        within = (part - _HOURS[hour]) / (_HOURS[hour + 1] - _HOURS[hour])
        midnight = datetime.combine(self.first_day + timedelta(days=day), datetime.min.time(), UTC)
        return midnight + timedelta(hours=hour + min(within, 0.999999))

    def first_of_year(self, year: int) -> int:
        """Number of the first ticket created in `year`, UTC."""
        day = (date(year, 1, 1) - self.first_day).days
        return self.first_index[max(day, 0)]
