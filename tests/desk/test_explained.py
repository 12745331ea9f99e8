"""Why it is due then, as shown: the stretches of time add up, and none of them says nothing."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.worktime import Window, WorkCalendar
from desk.promises import shown_parts
from sla.explain import Reckoning, Stop
from sla.selectors import Part
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
def test_shown_stretches_add_up_to_the_time_that_passes(
    data: Any, begun: datetime, passed: timedelta, target: int
) -> None:
    """What counts up to the due moment is exactly the target, and all of it the time until then, to the second."""
    begun += passed
    reckoning = Reckoning(DAILY, begun, timedelta(minutes=target), data.draw(stops(begun)))
    segments = reckoning.segments(reckoning.due_at)
    shown = shown_parts([Part(segment, is_ahead=False, person=None) for segment in segments])
    assert all(seconds > 0 for _part, seconds in shown)
    assert sum(seconds for part, seconds in shown if part.segment.kind == "open") == target * 60
    whole = (reckoning.due_at - begun) // timedelta(seconds=1)
    assert sum(seconds for _part, seconds in shown) == whole
    for part, seconds in shown:
        assert abs(seconds - (part.segment.end - part.segment.start).total_seconds()) < 1
