"""What recurs keeps its local time and its day (domain.md section 13), against a slow walk over days."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sla.reminders.recurrence import Recurrence, days_later, next_run, run, runs

BERLIN, SYDNEY = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney")
ZONES = (BERLIN, SYDNEY, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Chatham"))
JANUARY_31 = datetime(2026, 1, 31, 9)


def locally(moments: list[datetime], zone: ZoneInfo) -> list[str]:
    return [f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in moments]


def test_120_a_month_without_the_31st_takes_its_last_day_and_the_next_one_has_the_31st_again() -> None:
    found = list(islice(runs(Recurrence("monthly", 1, JANUARY_31), datetime(2026, 1, 1, tzinfo=UTC), BERLIN), 5))
    assert locally(found, BERLIN) == [
        "2026-01-31 09:00",
        "2026-02-28 09:00",
        "2026-03-31 09:00",
        "2026-04-30 09:00",
        "2026-05-31 09:00",
    ]


def test_120_a_leap_year_has_a_29th_of_february() -> None:
    found = run(Recurrence("monthly", 25, JANUARY_31), 1, BERLIN)
    assert found is not None
    assert locally([found], BERLIN) == ["2028-02-29 09:00"]


@pytest.mark.parametrize("first", [datetime(2026, 3, 23, 9), datetime(2026, 10, 19, 9)])
def test_120_every_week_keeps_its_local_time_over_a_clock_change(first: datetime) -> None:
    found = list(islice(runs(Recurrence("weekly", 1, first), first.replace(tzinfo=UTC), BERLIN), 2))
    assert {f"{moment.astimezone(BERLIN):%a %H:%M}" for moment in found} == {"Mon 09:00"}
    assert found[0].utcoffset() == timedelta()


def test_a_time_that_the_clock_change_skips_is_the_change_and_the_next_day_has_it_again() -> None:
    every_night = Recurrence("daily", 1, datetime(2026, 3, 28, 2, 30))
    found = list(islice(runs(every_night, datetime(2026, 3, 28, 0, tzinfo=UTC), BERLIN), 3))
    assert locally(found, BERLIN) == ["2026-03-28 02:30", "2026-03-29 03:00", "2026-03-30 02:30"]


def test_a_time_that_occurs_twice_comes_once() -> None:
    every_night = Recurrence("daily", 1, datetime(2026, 10, 24, 2, 30))
    found = list(islice(runs(every_night, datetime(2026, 10, 24, 0, tzinfo=UTC), BERLIN), 3))
    assert [f"{moment:%d %H:%M}" for moment in found] == ["24 00:30", "25 00:30", "26 01:30"]


def test_nothing_comes_after_the_last_day_by_the_persons_clock() -> None:
    rule = Recurrence("daily", 2, datetime(2026, 5, 1, 23, 30), date(2026, 5, 4))
    found = list(runs(rule, datetime(2026, 5, 1, tzinfo=UTC), SYDNEY))
    assert locally(found, SYDNEY) == ["2026-05-01 23:30", "2026-05-03 23:30"]
    assert next_run(rule, found[-1], SYDNEY) is None


def test_it_ends_with_the_years_of_a_desk() -> None:
    assert (
        next_run(Recurrence("monthly", 1, datetime(2199, 12, 31, 9)), datetime(2200, 1, 1, tzinfo=UTC), BERLIN) is None
    )
    assert next_run(Recurrence("daily", 1, datetime(2199, 12, 31, 9)), datetime(2200, 1, 1, tzinfo=UTC), BERLIN) is None


def test_calendar_days_keep_the_local_time() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert locally([days_later(friday, 3, BERLIN)], BERLIN) == ["2026-03-30 13:00"]


@example(("monthly", 1, datetime(2026, 1, 31, 2, 30)), datetime(2026, 3, 1, tzinfo=UTC), BERLIN)
@given(
    st.tuples(
        st.sampled_from(["daily", "weekly", "monthly"]),
        st.integers(1, 14),
        st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
def test_120_the_next_run_is_the_first_day_of_the_rhythm_that_lies_ahead(
    rule: tuple[str, int, datetime], after: datetime, zone: ZoneInfo
) -> None:
    frequency, interval, first = rule
    found = next_run(Recurrence(frequency, interval, first), after, zone)  # type: ignore[arg-type]
    assert found is not None
    assert found > after
    local = found.astimezone(zone)
    on = next(day for day in _days(frequency, interval, first) if _moment(day, first, zone) > after)
    assert found == _moment(on, first, zone)
    assert local.date() == on or local.utcoffset() != (local - timedelta(hours=2)).utcoffset()


def _days(frequency: str, interval: int, first: datetime):
    """Day by day, whether it is one of the rhythm."""
    day, months, since = first.date(), 0, 0
    while True:
        if frequency == "monthly":
            is_one = day.day == min(first.day, monthrange(day.year, day.month)[1]) and months % interval == 0
        else:
            is_one = since % (interval * (7 if frequency == "weekly" else 1)) == 0
        if is_one:
            yield day
        following = day + timedelta(days=1)
        months += following.month != day.month
        day, since = following, since + 1


def _moment(day: date, first: datetime, zone: ZoneInfo) -> datetime:
    """The earliest instant at which the wall shows that time or, where it is skipped, a later one: minute by minute."""
    wanted = datetime.combine(day, first.time())
    at = datetime.combine(day, first.time(), UTC) - timedelta(hours=15)
    step = timedelta(minutes=15) if first.minute % 15 == 0 else timedelta(minutes=1)
    while at.astimezone(zone).replace(tzinfo=None) < wanted:
        at += step
    return at
