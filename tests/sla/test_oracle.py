"""The fold against a walk minute by minute, over random calendars, zones, clock changes, pauses, targets and
conversations.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime import Holiday, Window, WorkCalendar, worked
from sla.explain import Stop
from sla.fold import fold
from sla.states import OF_TICKETS, Clock, Fact, FactKind, Hours, State, Terms
from tests.sla.oracle import Step, Walk, Week

K = FactKind
CALENDAR, POLICY, EDITION = UUID(int=1), UUID(int=2), UUID(int=3)
BEGINS = [datetime(2026, month, day, 6, tzinfo=UTC) for month, day in ((3, 27), (10, 23), (6, 1))]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"]
QUARTERS = st.integers(16, 95)
"""From 04:00 on: windows that end within a clock change are `core.worktime`'s to test."""


@st.composite
def weeks(draw: Any) -> Week:
    """Two windows a day at most; on some days nobody works."""
    windows = []
    for _weekday in range(7):
        marks = sorted(draw(st.lists(QUARTERS, min_size=4, max_size=4, unique=True)))
        some = [(marks[0] * 15, marks[1] * 15), (marks[2] * 15, marks[3] * 15)][: draw(st.integers(0, 2))]
        windows.append(tuple(some))
    if not any(windows):
        windows[0] = ((480, 1080),)
    free = draw(st.sets(st.sampled_from([date(2026, 3, 30), date(2026, 10, 26), date(2026, 6, 2)])))
    return Week(draw(st.sampled_from(ZONES)), tuple(windows), frozenset(free))


@st.composite
def histories(draw: Any, begun: datetime) -> list[Step]:
    """What is possible, one after the other, in up to five days."""
    steps: list[Step] = []
    at, waits, resolved, paused_until = begun, False, False, None
    for _number in range(draw(st.integers(0, 12))):
        at += timedelta(minutes=draw(st.integers(1, 800)))
        if paused_until is not None and paused_until <= at:
            paused_until = None
        options = ["look", "target", "write", "answer"]
        if resolved:
            options += ["reopen"]
        else:
            options += ["resolve", "go_on" if waits else "wait", "resume" if paused_until else "pause"]
        what = draw(st.sampled_from(options))
        minutes = draw(st.integers(1, 1200)) if what in ("pause", "target") else 0
        steps.append(Step(at, what, minutes))
        if what == "pause":
            paused_until = at + timedelta(minutes=minutes)
        elif what == "resume":
            paused_until = None
        elif what in ("wait", "go_on"):
            waits = what == "wait"
        elif what == "resolve":
            resolved, waits, paused_until = True, False, None
        elif what == "reopen":
            resolved = False
    return steps


def calendar_of(week: Week) -> WorkCalendar:
    return WorkCalendar(
        zone=week.zone,
        weekly=tuple(tuple(Window(start, end) for start, end in windows) for windows in week.windows),
        holidays=tuple(Holiday(on=on) for on in week.free),  # type: ignore[arg-type]
    )


def facts_of(calendar: WorkCalendar, begun: datetime, target: int, steps: list[Step], until: datetime) -> list[Fact]:
    def terms(minutes: int) -> Terms:
        return Terms(POLICY, Hours(EDITION, CALENDAR, calendar), dict.fromkeys(OF_TICKETS, minutes))

    facts, status = [Fact(K.CREATED, begun, terms=terms(target))], "in_progress"
    for step in steps:
        new = {"wait": "waiting_customer", "go_on": "in_progress", "resolve": "resolved", "reopen": "in_progress"}
        if step.what in new:
            facts.append(Fact(K.STATUS, step.at, old=status, new=new[step.what]))
            status = new[step.what]
        elif step.what == "pause":
            stop = Stop("vendor", step.at, until=step.at + timedelta(minutes=step.minutes))
            facts.append(Fact(K.PAUSED, step.at, stop=stop))
        elif step.what == "resume":
            facts.append(Fact(K.RESUMED, step.at))
        elif step.what in ("write", "answer"):
            facts.append(Fact(K.CUSTOMER_WROTE if step.what == "write" else K.ANSWERED, step.at))
        elif step.what == "target":
            facts.append(Fact(K.TERMS, step.at, terms=terms(step.minutes)))
        else:
            facts.append(Fact(K.TIME_PASSED, step.at))
    return [*facts, Fact(K.TIME_PASSED, until)]


@settings(max_examples=150)
@given(data=st.data(), week=weeks(), begun=st.sampled_from(BEGINS), target=st.integers(1, 1500))
def test_clocks_are_what_a_walk_minute_by_minute_counts(data: Any, week: Week, begun: datetime, target: int) -> None:
    steps = data.draw(histories(begun))
    until = (steps[-1].at if steps else begun) + timedelta(minutes=data.draw(st.integers(1, 1500)))
    calendar = calendar_of(week)
    state = fold(facts_of(calendar, begun, target, steps, until))
    assert state is not None
    expected = Walk(week, begun, target).run(steps, until)
    clocks = {(str(clock.metric), clock.cycle): clock for clock in state.every()}
    assert clocks.keys() == expected.keys()
    for key, promise in expected.items():
        clock = clocks[key]
        assert (key, clock.state, clock.completed_at) == (key, promise.state, promise.completed_at)
        shown = (key, clock.breached_at, clock.breached_by_retarget)
        assert shown == (key, promise.breached_at, promise.by_retarget)
        assert (key, clock.due_at) == (key, state.reckoning_of(clock).due_at), "completed ones, too"
        if promise.is_answer or promise.state != "completed":
            assert state.reckoning_of(clock).counted(clock.completed_at or until) == timedelta(minutes=promise.used)
        adds_up(state, clock, until)


def adds_up(state: State, clock: Clock, until: datetime) -> None:
    """What explains a clock covers all the time from its start, each moment once, and counts up to its due moment."""
    reckoning = state.reckoning_of(clock)
    segments = reckoning.segments(until)
    assert sum((part.end - part.start for part in segments), timedelta()) == until - clock.started_at
    assert all(earlier.end == later.start for earlier, later in pairwise(segments))
    counted = sum((part.end - part.start for part in segments if part.kind == "open"), timedelta())
    assert counted == reckoning.counted(until)
    if clock.state == "running" and clock.due_at is not None and clock.due_at > until:
        assert reckoning.counted(until) + worked(clock.hours.calendar, until, clock.due_at) == reckoning.target
        assert reckoning.counted(clock.due_at) == reckoning.target
