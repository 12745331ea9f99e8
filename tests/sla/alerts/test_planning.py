"""When levels are due, against an oracle that walks minute by minute and knows nothing of intervals."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime import Window, WorkCalendar
from sla.alerts.planning import Anchor, levels_due, moments
from sla.explain import Stop

MINUTE = timedelta(minutes=1)
DAY = (Window(8 * 60, 18 * 60),)
CALENDAR = WorkCalendar(zone="UTC", is_24x7=False, weekly=(DAY, DAY, DAY, DAY, DAY, (), ()), holidays=())
THURSDAY = datetime(2026, 3, 5, tzinfo=UTC)
offsets = st.integers(0, 24 * 60)
thresholds = st.lists(st.integers(0, 700), min_size=3, max_size=3).map(sorted)


def counts(at: datetime, stops: list[Stop]) -> bool:
    """Whether the minute that begins at `at` does."""
    is_open = at.weekday() < 5 and 8 <= at.hour < 18
    return is_open and not any(stop.from_at <= at < (stop.to_at or at) for stop in stops)


def walked(start: datetime, wanted: int, stops: list[Stop]) -> datetime:
    """The first moment at which so many minutes have counted."""
    at, done = start, 0
    while done < wanted:
        done += counts(at, stops)
        at += MINUTE
    return at


def walked_back(end: datetime, wanted: int) -> datetime:
    """The last moment from which so many minutes count until `end`."""
    at, left = end, wanted
    while left:
        at -= MINUTE
        left -= counts(at, [])
    return at


@settings(max_examples=60, deadline=None)
@given(offsets, thresholds, st.lists(st.tuples(offsets, st.integers(1, 300)), max_size=3))
def test_waiting_counts_minute_by_minute_but_for_the_stops(
    offset: int, wanted: list[int], pauses: list[tuple[int, int]]
) -> None:
    start = THURSDAY + offset * MINUTE
    stops = sorted(
        (Stop("vendor", THURSDAY + begin * MINUTE, THURSDAY + (begin + length) * MINUTE) for begin, length in pauses),
        key=lambda stop: stop.from_at,
    )
    anchor = Anchor(start, CALENDAR, stops=stops)
    for level, moment in moments(anchor, dict(enumerate(wanted, start=1))):
        minutes = wanted[level - 1]
        if minutes:  # nothing to wait for is reached at once, stop or not
            assert moment == walked(start, minutes, stops)


@settings(max_examples=60, deadline=None)
@given(offsets, thresholds, st.integers(-2000, 2000))
def test_what_is_due_is_counted_back_and_no_level_overtakes_a_lower_one(
    offset: int, wanted: list[int], passed: int
) -> None:
    due = THURSDAY + offset * MINUTE
    minutes = dict(enumerate(reversed(wanted), start=1))
    now = due + passed * MINUTE
    anchor = Anchor(due, CALENDAR, is_due=True)
    assert dict(moments(anchor, minutes)) == {level: walked_back(due, minutes[level]) for level in minutes}
    found = [level for level, _at in levels_due(anchor, minutes, now=now)]
    assert found == [level for level in minutes if walked_back(due, minutes[level]) <= now]
    assert found == list(range(1, len(found) + 1))
