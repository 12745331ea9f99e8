"""What becomes of a ticket's clocks: they begin, go on, are missed, end. The acts that `sla.fold` is made of.

Plain Python: no database, no clock of its own. Each changes the state it is given. Source: domain.md section 9.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sla.enums import APPROVED, ClockState
from sla.explain import Reckoning, at_risk_before
from sla.states import Clock, Key, State, Terms

S = ClockState


def start(
    state: State,
    metric: str,
    terms: Terms | None,
    *,
    at: datetime,
    since: datetime | None = None,
    envelope_id: UUID | None = None,
) -> None:
    """A new cycle of a metric, if it is promised at all."""
    former = state.clocks.get((envelope_id, metric))
    target = terms.targets.get(metric) if terms else None
    if terms is None or not target:
        return
    clock = Clock(
        envelope_id=envelope_id,
        metric=str(metric),
        cycle=former.cycle + 1 if former else 1,
        policy_id=terms.policy_id,
        hours=terms.hours,
        target_minutes=target,
        started_at=since or at,
    )
    if former is not None:
        state.past = (*state.past, former)
    state.clocks[clock.key] = renewed(state, clock, at)


def renewed(state: State, clock: Clock, at: datetime) -> Clock:
    """A clock as it goes on by what counts now. One whose due moment has moved into the past, be it while it stood
    still, is missed at this very moment.
    """
    clock = replace(clock, ended_at=None)
    reckoning = state.reckoning_of(clock)
    stop = reckoning.open_stop
    due, at_risk = _dues(state, clock, reckoning)
    is_running = stop is None
    has_moved = due != clock.due_at or clock.state in (S.PAUSED, S.CANCELLED)
    is_missed = is_running and clock.breached_at is None and has_moved and due <= at
    renewed = replace(
        clock,
        state=S.RUNNING if is_running else S.PAUSED,
        due_at=due,
        at_risk_at=at_risk,
        paused_at=stop.from_at if stop else None,
        completed_at=None,
        breached_at=at if is_missed else clock.breached_at,
        breached_by_retarget=clock.breached_by_retarget or is_missed,
    )
    return renewed if is_running and clock.state == S.RUNNING else _measured(renewed, reckoning, at)


def _dues(state: State, clock: Clock, reckoning: Reckoning) -> tuple[datetime, datetime]:
    """When it is due, and at risk from when."""
    due, at_risk = reckoning.due_at, reckoning.at_risk_at
    end = end_of_promise(state, since=clock.started_at) if clock.envelope_id is not None else None
    if end is not None and end < due:
        return end, min(at_risk, at_risk_before(clock.hours.calendar, end, reckoning.target))
    return due, at_risk


def end_of_promise(state: State, *, since: datetime) -> datetime | None:
    """Help is due no later than what it is for. Neither what was overdue already when help was asked for limits it, nor
    what stands still, whose due moment nobody knows.
    """
    resolution = state.resolution
    if resolution is None or resolution.due_at is None or resolution.state in (S.PAUSED, S.CANCELLED):
        return None
    return resolution.due_at if resolution.due_at > since else None


def renew_all(state: State, at: datetime) -> None:
    """The ticket's own first, as help is due no later than they are."""
    for key in sorted(state.clocks, key=lambda key: key[0] is not None):
        if state.clocks[key].is_open:
            state.clocks[key] = renewed(state, state.clocks[key], at)


def _measured(clock: Clock, reckoning: Reckoning, at: datetime) -> Clock:
    counted, stopped = reckoning.counted(at), reckoning.stopped(at)
    return replace(clock, elapsed_seconds=int(counted.total_seconds()), paused_seconds=int(stopped.total_seconds()))


def complete(state: State, key: Key, at: datetime) -> None:
    """One that stood still until now was due later by that."""
    clock = state.clocks.get(key)
    if clock is not None and clock.is_open:
        reckoning = state.reckoning_of(clock)
        due, at_risk = _dues(state, clock, reckoning)
        ended = replace(clock, state=S.COMPLETED, completed_at=at, ended_at=at, paused_at=None)
        ended = replace(ended, due_at=due, at_risk_at=at_risk)
        state.clocks[key] = _measured(ended, reckoning, at)


def cancel(state: State, key: Key, at: datetime) -> None:
    clock = state.clocks.get(key)
    if clock is not None and clock.is_open:
        ended = replace(clock, state=S.CANCELLED, ended_at=at, paused_at=None)
        state.clocks[key] = _measured(ended, state.reckoning_of(clock), at)


def pass_time(state: State, until: datetime, *, is_over: bool = True) -> None:
    """What time alone has done before `until`, and, if that is `is_over`, at this very moment."""
    pause = state.approved_pause
    if pause is not None and pause.until is not None and pause.until <= until:
        _miss(state, pause.until, is_over=is_over)
        end_stops(state, frozenset(APPROVED), pause.until)
        renew_all(state, pause.until)
    _miss(state, until, is_over=is_over)


def _miss(state: State, until: datetime, *, is_over: bool) -> None:
    for key, clock in state.clocks.items():
        if clock.state != S.RUNNING or clock.breached_at is not None or clock.due_at is None:
            continue
        if clock.due_at < until or (is_over and clock.due_at == until):
            state.clocks[key] = replace(clock, breached_at=clock.due_at)


def end_stops(state: State, reasons: frozenset[str], at: datetime, *, by: UUID | None = None) -> None:
    state.stops = tuple(
        replace(stop, to_at=at, ended_by=by) if stop.to_at is None and stop.reason in reasons else stop
        for stop in state.stops
    )


def go_on(state: State, key: Key, former: str, at: datetime) -> None:
    clock = state.clocks.get(key)
    if clock is None or clock.state != former:
        return
    if keeps(state.terms, clock):
        state.clocks[key] = renewed(state, _under(clock, state.terms), at)
    else:
        state.clocks[key] = replace(clock, state=S.CANCELLED, completed_at=None)


def _under(clock: Clock, terms: Terms | None) -> Clock:
    """The clock with what `terms` promise, if they are for what runs already; else in the calendar as it is now."""
    if terms is None:
        return clock
    target = terms.targets.get(clock.metric)
    if terms.is_retroactive and target:
        return replace(clock, policy_id=terms.policy_id, hours=terms.hours, target_minutes=target)
    if terms.hours.calendar_id == clock.hours.calendar_id:
        return replace(clock, hours=terms.hours)
    return clock


def put_under(state: State, keys: list[Key], terms: Terms | None, at: datetime) -> None:
    for key in keys:
        clock = state.clocks.get(key)
        if clock is None or not clock.is_open:
            continue
        if keeps(terms, clock):
            state.clocks[key] = _under(clock, terms)
        else:
            cancel(state, key, at)


def take_up(state: State, keys: list[Key], terms: Terms | None, at: datetime) -> None:
    """What ended because nothing was promised any more goes on once it is promised again and still owed."""
    if terms is None or state.is_cancelled:
        return
    for key in keys:
        clock = state.clocks.get(key)
        if clock is not None and clock.state == S.CANCELLED and terms.targets.get(clock.metric) and state.is_owed(key):
            state.clocks[key] = renewed(state, _under(clock, terms), at)


def keeps(terms: Terms | None, clock: Clock) -> bool:
    """Whether what runs goes on under `terms`."""
    return terms is not None and (not terms.is_retroactive or bool(terms.targets.get(clock.metric)))


def recount(state: State, key: Key, *, withdrawn: datetime, remaining: datetime | None, at: datetime) -> bool:
    """Of an answer taken back: what it ended goes on (the answer is True), or ended by the one that remains."""
    clock = state.clocks.get(key)
    if clock is None or clock.completed_at is None or clock.completed_at < withdrawn:
        return False
    if remaining is None or remaining < clock.started_at:
        state.clocks[key] = renewed(state, clock, at)
        return True
    if remaining > withdrawn:
        end = max(remaining, clock.completed_at)
        is_missed = clock.breached_at is None and clock.due_at is not None and clock.due_at < end
        clock = replace(clock, breached_at=clock.due_at) if is_missed else clock
        state.clocks[key] = replace(clock, state=S.RUNNING, completed_at=None, ended_at=None)
        complete(state, key, end)
    return False
