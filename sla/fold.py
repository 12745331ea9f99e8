"""What was recorded of a ticket, folded into its clocks: the same facts give the same clocks, now and in any year.

Plain Python: no database, no clock of its own. Source: domain.md section 9. The facts of one ticket come in the order
in which they were recorded; one that bears an earlier moment than what was before it counts from that moment on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sla.enums import APPROVED, ClockState, Metric
from sla.explain import Reckoning, Stop, at_risk_before
from sla.states import (
    CANCELLED,
    CLOSED,
    OF_HELP,
    OF_OUTCOME,
    OF_TICKETS,
    PAUSES,
    RESOLVED,
    WAITING,
    Clock,
    Fact,
    FactKind,
    Key,
    State,
    Terms,
)

S = ClockState


def apply(state: State | None, fact: Fact) -> State:
    """The state after `fact`. The first fact of a ticket is that it was created."""
    if state is None:
        if fact.kind != FactKind.CREATED:
            raise ValueError(f"the first fact of a ticket is not {fact.kind}")
        return _begun(fact)
    after = replace(state, clocks=dict(state.clocks), help=dict(state.help), at=max(fact.at, state.at))
    fact = replace(fact, at=after.at)
    _pass_time(after, after.at, is_over=not _keeps_promises(fact))
    EFFECTS[fact.kind](after, fact)
    return after


def _keeps_promises(fact: Fact) -> bool:
    """What is done at the very moment at which it is due, is done in time."""
    return fact.kind in KEEPING or (fact.kind == FactKind.STATUS and fact.new == RESOLVED)


KEEPING = (FactKind.ANSWERED, FactKind.HELP_ACCEPTED, FactKind.HELP_COMPLETED)


def fold(facts: Iterable[Fact]) -> State | None:
    state = None
    for fact in facts:
        state = apply(state, fact)
    return state


def _begun(fact: Fact) -> State:
    state = State(at=fact.at, created_at=fact.at, terms=fact.terms)
    _begin_missing(state, fact.at)
    return state


def _begin_missing(state: State, at: datetime) -> None:
    """Clocks that count from the ticket's beginning and do not exist yet, of those that still measure something."""
    wanted: tuple[Metric, ...] = () if state.is_resolved else OF_OUTCOME
    if not state.is_answered:
        wanted = (Metric.FIRST_RESPONSE, *wanted)
    for metric in wanted:
        if (None, metric) not in state.clocks:
            _start(state, metric, state.terms, since=state.created_at, at=at)


def _start(
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
    state.clocks[clock.key] = _renewed(state, clock, at)


def _renewed(state: State, clock: Clock, at: datetime) -> Clock:
    """A clock as it goes on by what counts now. One whose due moment has moved into the past, be it while it stood
    still, is missed at this very moment.
    """
    reckoning = state.reckoning_of(clock)
    stop = reckoning.open_stop
    due, at_risk = _dues(state, clock, reckoning)
    is_running = stop is None
    has_moved = due != clock.due_at or clock.state == S.PAUSED
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
    if (end := _end_of_promise(state, clock)) is not None and end < due:
        return end, min(at_risk, at_risk_before(clock.hours.calendar, end, reckoning.target))
    return due, at_risk


def _end_of_promise(state: State, clock: Clock) -> datetime | None:
    """Help is due no later than what it is for; what was overdue already when help was asked for, limits nothing."""
    resolution = state.resolution
    if clock.envelope_id is None or resolution is None or resolution.due_at is None:
        return None
    return resolution.due_at if resolution.due_at > clock.started_at else None


def _renew_all(state: State, at: datetime) -> None:
    """The ticket's own first, as help is due no later than they are."""
    for key in sorted(state.clocks, key=lambda key: key[0] is not None):
        if state.clocks[key].is_open:
            state.clocks[key] = _renewed(state, state.clocks[key], at)


def _measured(clock: Clock, reckoning: Reckoning, at: datetime) -> Clock:
    counted, stopped = reckoning.counted(at), reckoning.stopped(at)
    return replace(clock, elapsed_seconds=int(counted.total_seconds()), paused_seconds=int(stopped.total_seconds()))


def _complete(state: State, key: Key, at: datetime) -> None:
    """One that stood still until now was due later by that."""
    clock = state.clocks.get(key)
    if clock is not None and clock.is_open:
        reckoning = state.reckoning_of(clock)
        due, at_risk = _dues(state, clock, reckoning)
        ended = replace(clock, state=S.COMPLETED, completed_at=at, paused_at=None, due_at=due, at_risk_at=at_risk)
        state.clocks[key] = _measured(ended, reckoning, at)


def _cancel(state: State, key: Key, at: datetime) -> None:
    clock = state.clocks.get(key)
    if clock is not None and clock.is_open:
        ended = replace(clock, state=S.CANCELLED, paused_at=None)
        state.clocks[key] = _measured(ended, state.reckoning_of(clock), at)


def _pass_time(state: State, until: datetime, *, is_over: bool = True) -> None:
    """What time alone has done before `until`, and, if that is `is_over`, at this very moment."""
    pause = state.approved_pause
    if pause is not None and pause.until is not None and pause.until <= until:
        _miss(state, pause.until, is_over=is_over)
        _end_stops(state, frozenset(APPROVED), pause.until)
        _renew_all(state, pause.until)
    _miss(state, until, is_over=is_over)


def _miss(state: State, until: datetime, *, is_over: bool) -> None:
    for key, clock in state.clocks.items():
        if clock.state != S.RUNNING or clock.breached_at is not None or clock.due_at is None:
            continue
        if clock.due_at < until or (is_over and clock.due_at == until):
            state.clocks[key] = replace(clock, breached_at=clock.due_at)


def _end_stops(state: State, reasons: frozenset[str], at: datetime, *, by: UUID | None = None) -> None:
    state.stops = tuple(
        replace(stop, to_at=at, ended_by=by) if stop.to_at is None and stop.reason in reasons else stop
        for stop in state.stops
    )


def _on_status(state: State, fact: Fact) -> None:
    if fact.old == WAITING:
        _end_stops(state, frozenset({WAITING}), fact.at, by=fact.by)
    if fact.old == RESOLVED and fact.new != CLOSED:
        _reopen(state, fact.at)
    elif fact.old == CANCELLED:
        _restore(state, fact.at)
    if fact.new == WAITING and not any(stop.reason == WAITING and stop.to_at is None for stop in state.stops):
        state.stops = (*state.stops, Stop(WAITING, fact.at, by=fact.by))
    elif fact.new in (RESOLVED, CANCELLED):
        _end_stops(state, PAUSES, fact.at, by=fact.by)
    if fact.new == RESOLVED:
        state.is_resolved = True
        for metric in OF_OUTCOME:
            _complete(state, (None, metric), fact.at)
    elif fact.new == CANCELLED:
        state.is_cancelled = True
        for key in list(state.clocks):
            _cancel(state, key, fact.at)
        state.stops = (*state.stops, Stop(CANCELLED, fact.at))
    _renew_all(state, fact.at)


def _reopen(state: State, at: datetime) -> None:
    """The same cycle goes on, by what is promised now. The time in between counts for the value, not for the work."""
    state.is_resolved = False
    resolved_at = [clock.completed_at for key, clock in state.clocks.items() if key[1] in OF_OUTCOME]
    since = next((moment for moment in resolved_at if moment is not None), at)
    state.stops = (*state.stops, Stop(RESOLVED, since, at))
    for metric in OF_OUTCOME:
        _go_on(state, (None, metric), S.COMPLETED, at)
    _pass_time(state, at)
    _begin_missing(state, at)


def _restore(state: State, at: datetime) -> None:
    state.is_cancelled = False
    _end_stops(state, frozenset({CANCELLED}), at)
    for metric in OF_TICKETS:
        _go_on(state, (None, metric), S.CANCELLED, at)
    _begin_missing(state, at)


def _go_on(state: State, key: Key, former: str, at: datetime) -> None:
    clock = state.clocks.get(key)
    if clock is not None and clock.state == former:
        state.clocks[key] = _renewed(state, _under(clock, state.terms), at)


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


def _on_terms(state: State, fact: Fact) -> None:
    state.terms = fact.terms
    _put_under(state, [(None, metric) for metric in OF_TICKETS], fact.terms, fact.at)
    if fact.terms is not None and fact.terms.is_retroactive and not state.is_cancelled:
        _begin_missing(state, fact.at)
    _renew_all(state, fact.at)


def _put_under(state: State, keys: list[Key], terms: Terms | None, at: datetime) -> None:
    for key in keys:
        clock = state.clocks.get(key)
        if clock is None or not clock.is_open:
            continue
        if terms is None or (terms.is_retroactive and not terms.targets.get(clock.metric)):
            _cancel(state, key, at)
        else:
            state.clocks[key] = _under(clock, terms)


def _on_customer_wrote(state: State, fact: Fact) -> None:
    """The first message that waits for an answer begins a cycle; further ones change nothing."""
    latest = state.clocks.get((None, Metric.NEXT_RESPONSE))
    if state.is_answered and not state.is_cancelled and (latest is None or not latest.is_open):
        _start(state, Metric.NEXT_RESPONSE, state.terms, at=fact.at)


def _on_answered(state: State, fact: Fact) -> None:
    state.is_answered = True
    _complete(state, (None, Metric.FIRST_RESPONSE), fact.at)
    _complete(state, (None, Metric.NEXT_RESPONSE), fact.at)


def _on_answer_withdrawn(state: State, fact: Fact) -> None:
    """It was taken back before it was sent, so nobody has been answered by it."""
    first = state.clocks.get((None, Metric.FIRST_RESPONSE))
    if first is not None and first.completed_at == fact.since:
        state.is_answered = False
        state.clocks[first.key] = _renewed(state, first, fact.at)
    following = state.clocks.get((None, Metric.NEXT_RESPONSE))
    if following is not None and following.completed_at is not None and following.completed_at == fact.since:
        state.clocks[following.key] = _renewed(state, following, fact.at)
    _pass_time(state, fact.at)


def _on_paused(state: State, fact: Fact) -> None:
    if fact.stop is not None:
        state.stops = (*state.stops, replace(fact.stop, from_at=fact.at))
        _renew_all(state, fact.at)


def _on_resumed(state: State, fact: Fact) -> None:
    _end_stops(state, frozenset(APPROVED), fact.at, by=fact.by)
    _renew_all(state, fact.at)


def _on_time_passed(state: State, fact: Fact) -> None:
    """Nothing but what time has done by itself."""


def _on_help_opened(state: State, fact: Fact) -> None:
    envelope_id = _envelope_of(fact)
    state.help[envelope_id] = fact.terms
    _start(state, Metric.OLA_RESPONSE, fact.terms, at=fact.at, envelope_id=envelope_id)


def _on_help_accepted(state: State, fact: Fact) -> None:
    """Who takes over what was given back works under the clock that runs already."""
    envelope_id = _envelope_of(fact)
    _complete(state, (envelope_id, Metric.OLA_RESPONSE), fact.at)
    if (envelope_id, Metric.OLA_COMPLETION) not in state.clocks:
        _start(state, Metric.OLA_COMPLETION, state.help.get(envelope_id), at=fact.at, envelope_id=envelope_id)


def _on_help_terms(state: State, fact: Fact) -> None:
    envelope_id = _envelope_of(fact)
    state.help[envelope_id] = fact.terms
    _put_under(state, [(envelope_id, metric) for metric in OF_HELP], fact.terms, fact.at)
    _renew_all(state, fact.at)


def _on_help_completed(state: State, fact: Fact) -> None:
    for metric in OF_HELP:
        _complete(state, (_envelope_of(fact), metric), fact.at)


def _on_help_cancelled(state: State, fact: Fact) -> None:
    for metric in OF_HELP:
        _cancel(state, (_envelope_of(fact), metric), fact.at)


def _on_help_reopened(state: State, fact: Fact) -> None:
    envelope_id = _envelope_of(fact)
    state.help[envelope_id] = fact.terms
    _start(state, Metric.OLA_COMPLETION, fact.terms, at=fact.at, envelope_id=envelope_id)


def _on_created(state: State, fact: Fact) -> None:
    raise ValueError(f"created twice, at {state.created_at} and {fact.at}")


def _envelope_of(fact: Fact) -> UUID:
    if fact.envelope_id is None:
        raise ValueError(f"{fact.kind} without an envelope")
    return fact.envelope_id


EFFECTS: Mapping[FactKind, Callable[[State, Fact], None]] = {
    FactKind.CREATED: _on_created,
    FactKind.STATUS: _on_status,
    FactKind.CUSTOMER_WROTE: _on_customer_wrote,
    FactKind.ANSWERED: _on_answered,
    FactKind.ANSWER_WITHDRAWN: _on_answer_withdrawn,
    FactKind.TERMS: _on_terms,
    FactKind.PAUSED: _on_paused,
    FactKind.RESUMED: _on_resumed,
    FactKind.TIME_PASSED: _on_time_passed,
    FactKind.HELP_OPENED: _on_help_opened,
    FactKind.HELP_ACCEPTED: _on_help_accepted,
    FactKind.HELP_TERMS: _on_help_terms,
    FactKind.HELP_COMPLETED: _on_help_completed,
    FactKind.HELP_CANCELLED: _on_help_cancelled,
    FactKind.HELP_REOPENED: _on_help_reopened,
}
