"""Why it is due then, as page and API say it: the stretches of time add up."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.worktime import Window, WorkCalendar
from sla.explain import Reckoning, Stop, seconds_of
from tests.sla.test_oracle import BEGINS

DAILY = WorkCalendar(zone="Europe/Berlin", weekly=((Window(480, 720), Window(780, 1080)),) * 5 + ((),) * 2)
AMOUNTS = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=30))
"""To the microsecond: people press buttons at any moment."""


@st.composite
def stops(draw: Any, begun: datetime) -> list[Stop]:
    found = []
    at = begun
    for _number in range(draw(st.integers(0, 5))):
        start = at + draw(AMOUNTS)
        at = start + draw(st.one_of(AMOUNTS, st.timedeltas(timedelta(), timedelta(seconds=2))))
        found.append(Stop("vendor", start, at))
    return found


@given(data=st.data(), begun=st.sampled_from(BEGINS), passed=AMOUNTS, target=st.integers(1, 2000))
def test_stretches_add_up_to_the_time_that_passes(data: Any, begun: datetime, passed: timedelta, target: int) -> None:
    """What counts up to the due moment is exactly the target, and all of it the time until then, to the second."""
    begun += passed
    reckoning = Reckoning(DAILY, begun, timedelta(minutes=target), data.draw(stops(begun)))
    segments = reckoning.segments(reckoning.due_at)
    told = list(zip(segments, seconds_of(segments), strict=True))
    assert sum(seconds for segment, seconds in told if segment.kind == "open") == target * 60
    whole = (reckoning.due_at - begun) // timedelta(seconds=1)
    assert sum(seconds for _segment, seconds in told) == whole
    for segment, seconds in told:
        assert abs(seconds - (segment.end - segment.start).total_seconds()) < 1
