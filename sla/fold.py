"""What was recorded of a ticket, folded into its clocks: the same facts give the same clocks, now and in any year.

Plain Python: no database, no clock of its own. Source: domain.md section 9. The facts of one ticket come in the order
in which they were recorded; one that bears an earlier moment than what was before it counts from that moment on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sla.enums import APPROVED, ClockState, Metric
from sla.explain import Stop
from sla.running import cancel, complete, end_stops, go_on, pass_time, put_under, recount, renew_all, start, take_up
from sla.states import (
    CANCELLED,
    CLOSED,
    OF_HELP,
    OF_OUTCOME,
    OF_TICKETS,
    PAUSES,
    RESOLVED,
    WAITING,
    Fact,
    FactKind,
    Key,
    Retermed,
    State,
)

S = ClockState
FIRST: Key = (None, Metric.FIRST_RESPONSE)
NEXT: Key = (None, Metric.NEXT_RESPONSE)
OF_TICKET: list[Key] = [(None, metric) for metric in OF_TICKETS]


def apply(state: State | None, fact: Fact) -> State:
    """The state after `fact`. The first fact of a ticket is that it was created."""
    if state is None:
        if fact.kind != FactKind.CREATED:
            raise ValueError(f"the first fact of a ticket is not {fact.kind}")
        return _begun(fact)
    after = replace(state, clocks=dict(state.clocks), help=dict(state.help), owed=dict(state.owed))
    after.at = max(fact.at, state.at)
    fact = replace(fact, at=after.at)
    pass_time(after, after.at, is_over=not _keeps_promises(fact))
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
    """Clocks that do not exist yet, of those that measure something: from the ticket's beginning, or from the message
    that waits for an answer.
    """
    wanted: tuple[Metric, ...] = () if state.is_resolved else OF_OUTCOME
    if not state.is_answered:
        wanted = (Metric.FIRST_RESPONSE, *wanted)
    for metric in wanted:
        if (None, metric) not in state.clocks:
            start(state, metric, state.terms, since=state.created_at, at=at)
    latest = state.clocks.get(NEXT)
    if NEXT in state.owed and (latest is None or latest.state == S.COMPLETED):
        start(state, NEXT[1], state.terms, since=state.owed[NEXT], at=at)


def _on_status(state: State, fact: Fact) -> None:
    if fact.old == WAITING:
        end_stops(state, frozenset({WAITING}), fact.at, by=fact.by)
    if fact.old == RESOLVED and fact.new != CLOSED:
        _reopen(state, fact.at)
    elif fact.old == CANCELLED:
        _restore(state, fact.at)
    if fact.new == WAITING and not any(stop.reason == WAITING and stop.to_at is None for stop in state.stops):
        state.stops = (*state.stops, Stop(WAITING, fact.at, by=fact.by))
    elif fact.new in (RESOLVED, CANCELLED):
        end_stops(state, PAUSES, fact.at, by=fact.by)
    if fact.new == RESOLVED:
        state.resolved_at = fact.at
        for metric in OF_OUTCOME:
            complete(state, (None, metric), fact.at)
    elif fact.new == CANCELLED:
        state.is_cancelled = True
        for key in list(state.clocks):
            cancel(state, key, fact.at)
        state.stops = (*state.stops, Stop(CANCELLED, fact.at))
    renew_all(state, fact.at)


def _reopen(state: State, at: datetime) -> None:
    """The same cycle goes on, by what is promised now. The time in between counts for the value, not for the work."""
    state.stops = (*state.stops, Stop(RESOLVED, state.resolved_at or at, at))
    state.resolved_at = None
    for metric in OF_OUTCOME:
        go_on(state, (None, metric), S.COMPLETED, at)
    take_up(state, OF_TICKET, state.terms, at)
    pass_time(state, at)
    _begin_missing(state, at)


def _restore(state: State, at: datetime) -> None:
    state.is_cancelled = False
    since = next((stop.from_at for stop in state.stops if stop.reason == CANCELLED and stop.to_at is None), None)
    end_stops(state, frozenset({CANCELLED}), at)
    for key in OF_TICKET:
        if key in state.clocks and state.clocks[key].ended_at == since:
            go_on(state, key, S.CANCELLED, at)
    take_up(state, OF_TICKET, state.terms, at)
    _begin_missing(state, at)


def _on_terms(state: State, fact: Fact) -> None:
    state.retermed = (*state.retermed, Retermed(fact.at, None, state.terms, fact.terms))
    state.terms = fact.terms
    put_under(state, OF_TICKET, fact.terms, fact.at)
    take_up(state, OF_TICKET, fact.terms, fact.at)
    if fact.terms is not None and fact.terms.is_retroactive and not state.is_cancelled:
        _begin_missing(state, fact.at)
    renew_all(state, fact.at)


def _on_customer_wrote(state: State, fact: Fact) -> None:
    """The first message that waits for an answer begins a cycle; further ones change nothing."""
    if not state.is_answered or state.is_cancelled:
        return
    state.owed.setdefault(NEXT, fact.at)
    latest = state.clocks.get(NEXT)
    if latest is None or not latest.is_open:
        start(state, NEXT[1], state.terms, at=fact.at)


def _on_answered(state: State, fact: Fact) -> None:
    state.is_answered = True
    state.owed.pop(NEXT, None)
    complete(state, FIRST, fact.at)
    complete(state, NEXT, fact.at)


def _on_answer_withdrawn(state: State, fact: Fact) -> None:
    """It was taken back before it was sent, so nobody has been answered by it; by those that remain, they have."""
    since = fact.since or fact.at
    first = state.clocks.get(FIRST)
    ended_before = first is not None and first.completed_at is not None and first.completed_at < since
    if fact.first is None and not ended_before:
        state.is_answered = False
    recount(state, FIRST, withdrawn=since, remaining=fact.first, at=fact.at)
    if recount(state, NEXT, withdrawn=since, remaining=fact.last, at=fact.at):
        state.owed[NEXT] = state.clocks[NEXT].started_at
    pass_time(state, fact.at)


def _on_paused(state: State, fact: Fact) -> None:
    if fact.stop is not None:
        state.stops = (*state.stops, replace(fact.stop, from_at=fact.at))
        renew_all(state, fact.at)


def _on_resumed(state: State, fact: Fact) -> None:
    end_stops(state, frozenset(APPROVED), fact.at, by=fact.by)
    renew_all(state, fact.at)


def _on_time_passed(state: State, fact: Fact) -> None:
    """Nothing but what time has done by itself."""


def _on_help_opened(state: State, fact: Fact) -> None:
    envelope_id = _envelope_of(fact)
    state.help[envelope_id] = fact.terms
    state.owed[envelope_id, Metric.OLA_RESPONSE] = fact.at
    start(state, Metric.OLA_RESPONSE, fact.terms, at=fact.at, envelope_id=envelope_id)


def _on_help_accepted(state: State, fact: Fact) -> None:
    """Who takes over what was given back works under the clock that runs already."""
    envelope_id = _envelope_of(fact)
    state.owed.pop((envelope_id, Metric.OLA_RESPONSE), None)
    state.owed.setdefault((envelope_id, Metric.OLA_COMPLETION), fact.at)
    complete(state, (envelope_id, Metric.OLA_RESPONSE), fact.at)
    if (envelope_id, Metric.OLA_COMPLETION) not in state.clocks:
        start(state, Metric.OLA_COMPLETION, state.help.get(envelope_id), at=fact.at, envelope_id=envelope_id)


def _on_help_terms(state: State, fact: Fact) -> None:
    envelope_id, terms = _envelope_of(fact), fact.terms
    keys: list[Key] = [(envelope_id, metric) for metric in OF_HELP]
    state.retermed = (*state.retermed, Retermed(fact.at, envelope_id, state.help.get(envelope_id), terms))
    state.help[envelope_id] = terms
    put_under(state, keys, terms, fact.at)
    take_up(state, keys, terms, fact.at)
    for key in keys if terms is not None and terms.is_retroactive and not state.is_cancelled else ():
        if key in state.owed and key not in state.clocks:
            start(state, key[1], terms, since=state.owed[key], at=fact.at, envelope_id=envelope_id)
    renew_all(state, fact.at)


def _on_help_completed(state: State, fact: Fact) -> None:
    for metric in OF_HELP:
        state.owed.pop((_envelope_of(fact), metric), None)
        complete(state, (_envelope_of(fact), metric), fact.at)


def _on_help_cancelled(state: State, fact: Fact) -> None:
    for metric in OF_HELP:
        state.owed.pop((_envelope_of(fact), metric), None)
        cancel(state, (_envelope_of(fact), metric), fact.at)


def _on_help_reopened(state: State, fact: Fact) -> None:
    envelope_id = _envelope_of(fact)
    state.help[envelope_id] = fact.terms
    state.owed[envelope_id, Metric.OLA_COMPLETION] = fact.at
    start(state, Metric.OLA_COMPLETION, fact.terms, at=fact.at, envelope_id=envelope_id)


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
