"""Adding business minutes across a year of holidays, in this process: what each clock's due date costs."""

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accounts.public_holidays import public_holidays
from core.worktime import Holiday, Window, WorkCalendar, add_worked

MOST_MICROSECONDS = 20
AMOUNT = timedelta(minutes=1000)
YEARS = (2026, 2027, 2028)
STARTS = 2000
"""Over the whole of the first year."""


@dataclass(frozen=True)
class Added:
    median_us: float
    p95_us: float
    best_us: float

    @property
    def is_too_slow(self) -> bool:
        return self.median_us >= MOST_MICROSECONDS

    def __str__(self) -> str:
        return (
            f"1,000 business minutes across a year of holidays: {self.median_us:.1f} µs, p95 {self.p95_us:.1f}, "
            f"best {self.best_us:.1f}, below {MOST_MICROSECONDS}"
        )


def adding() -> Added:
    """With the calendar's years computed, as they are in a process that has counted with it before."""
    calendar = _bavaria()
    begin = datetime(YEARS[0], 1, 1, tzinfo=UTC)
    starts = [begin + timedelta(days=365) * number / STARTS for number in range(STARTS)]
    for start in starts:
        add_worked(calendar, start, AMOUNT)
    took = sorted(_seconds(calendar, start) * 1_000_000 for start in starts)
    return Added(statistics.median(took), took[round(len(took) * 0.95)], took[0])


def _seconds(calendar: WorkCalendar, start: datetime) -> float:
    began_at = time.perf_counter()
    add_worked(calendar, start, AMOUNT)
    return time.perf_counter() - began_at


def _bavaria() -> WorkCalendar:
    """A week with lunch breaks, the public holidays of three years, and two half days of its own."""
    days = [day for year in YEARS for day in public_holidays("DE", "BY", year)]
    holidays = [Holiday(day.on, name=day.names[0]) for day in days]
    noon = Window(8 * 60, 12 * 60)
    holidays += [Holiday(datetime(2026, 12, day, tzinfo=UTC).date(), True, noon, "Half day") for day in (24, 31)]
    working_day = (noon, Window(13 * 60, 18 * 60))
    return WorkCalendar("Europe/Berlin", (*[working_day] * 5, (), ()), tuple(holidays))
