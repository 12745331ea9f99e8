"""Recording a fact, and the rows that follow from it: facts first, then the clocks, pauses and events they lead to.

Whoever calls holds the ticket's lock, so that its facts come one after the other.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import DESK, TIMER, Actor
from core.events import publish
from core.history import record
from core.many import update_all_soon
from core.models import new_id
from core.writing import insert_rows_soon, insert_soon
from envelopes.services import renew_dues, tell_of_due
from sla.enums import APPROVED, ClockState
from sla.events import ClockBreached, ClocksBegun, DueMoved
from sla.explain import Stop
from sla.fold import apply
from sla.models import ClockFact, SlaClock, SlaPause
from sla.records import fact_data
from sla.selectors import states_of
from sla.services.book import KNOWN_WITH, current_book, known_case_of
from sla.states import PAUSES, Clock, Fact, FactKind, State
from tickets.enums import EntryKind
from tickets.models import Ticket
from tickets.services import Line, promise_resolution, tell_of_many, tell_of_promise

RowKey = tuple[UUID | None, str, int]
FOLLOWING = (
    *("policy_id", "hours_id", "state", "target_minutes", "due_at", "at_risk_at", "paused_at", "paused_seconds"),
    *("elapsed_seconds", "completed_at", "breached_at", "breached_by_retarget"),
)
"""Columns that facts may change."""


@dataclass
class Ledger:
    """What is recorded of one ticket."""

    ticket_id: UUID
    state: State
    new: list[Fact] = field(default_factory=list)
    before: State | None = None
    """The state that its rows show."""

    def note(self, fact: Fact) -> None:
        self.before = self.before or self.state
        self.state = apply(self.state, fact)
        self.new.append(fact)


def ledger_of(ticket_id: UUID) -> Ledger | None:
    """None for a ticket from before there were clocks. One query; more for one that a mail has just made, whose first
    fact is written now.
    """
    return ledgers_of([ticket_id]).get(ticket_id) or _begun_late(ticket_id)


def _begun_late(ticket_id: UUID) -> Ledger | None:
    """What came in by mail begins with the first that is noted of it, at the latest by `begin_promises`."""
    rows = Ticket.objects.select_related(*KNOWN_WITH).filter(created_at__gt=timezone.now() - LATE)
    ticket = rows.filter(pk=ticket_id).first()
    if ticket is None:
        return None
    terms = current_book().terms_for(known_case_of(ticket))
    state = begin(ticket_id, Fact(FactKind.CREATED, ticket.created_at, terms=terms))
    if state.resolution is not None:
        promise_resolution(ticket_id, state.resolution.due_at, at=ticket.created_at)
    publish(ClocksBegun(ticket_id=ticket_id, occurred_at=ticket.created_at))
    return Ledger(ticket_id, state)


LATE = timedelta(days=2)
"""For so long a new ticket may wait for its clocks: a day that deliveries are tried, and one more."""


def ledgers_of(ticket_ids: Collection[UUID]) -> dict[UUID, Ledger]:
    """One query, and one for each edition of a calendar that this process sees for the first time."""
    return {ticket_id: Ledger(ticket_id, state) for ticket_id, state in states_of(ticket_ids).items()}


def begin(ticket_id: UUID, fact: Fact) -> State:
    """The first fact of a new ticket, and its clocks: they go along with the statement that writes the ticket."""
    state = apply(None, fact)
    insert_soon(_fact_row(ticket_id, fact))
    insert_rows_soon(SlaClock, BEGINNING, [_beginning(ticket_id, clock) for clock in state.every()])
    return state


BEGINNING = (
    *("id", "ticket", "policy", "hours", "metric", "cycle", "state", "target_minutes", "started_at", "due_at"),
    *("at_risk_at", "paused_seconds", "elapsed_seconds", "breached_at", "breached_by_retarget"),
)
"""Fields of a clock that has just begun."""


def _beginning(ticket_id: UUID, clock: Clock) -> tuple[Any, ...]:
    return (
        *(new_id(), ticket_id, clock.policy_id, clock.hours.id, str(clock.metric), clock.cycle, str(clock.state)),
        *(clock.target_minutes, clock.started_at, clock.due_at, clock.at_risk_at),
        *(clock.paused_seconds, clock.elapsed_seconds, clock.breached_at, clock.breached_by_retarget),
    )


def record_fact(ticket_id: UUID, fact: Fact, *, by: Actor = DESK) -> State | None:
    """Note what has happened on a ticket, if anything was ever promised on it."""
    ledger = ledger_of(ticket_id)
    if ledger is None:
        return None
    ledger.note(fact)
    settle([ledger], by=by)
    return ledger.state


def settle(ledgers: Iterable[Ledger], *, by: Actor = DESK) -> None:
    """Write what was noted, and what follows from it; of many tickets with as many statements as of one, but for what
    else they bring about.
    """
    changed = [ledger for ledger in ledgers if ledger.new]
    for ledger in changed:
        for fact in ledger.new:
            insert_soon(_fact_row(ledger.ticket_id, fact))
    rows = rows_of([ledger.ticket_id for ledger in changed])
    settled = [_Settled(ledger, rows.get(ledger.ticket_id, {})) for ledger in changed]
    update_all_soon([row for each in settled for row in each.kept], FOLLOWING_FIELDS)
    missed: list[Line] = []
    for each in settled:
        missed += each.follow(by=by)
    if missed:
        tell_of_many(missed, kind=EntryKind.SLA_EVENT, by=TIMER)


def rows_of(ticket_ids: Sequence[UUID]) -> dict[UUID, dict[RowKey, SlaClock]]:
    rows: dict[UUID, dict[RowKey, SlaClock]] = {}
    for row in SlaClock.objects.of_tickets(ticket_ids):
        rows.setdefault(row.ticket_id, {})[row.envelope_id, row.metric, row.cycle] = row
    return rows


class _Settled:
    """A ticket whose rows now show what was noted; new ones are written, kept ones yet to be."""

    def __init__(self, ledger: Ledger, rows: dict[RowKey, SlaClock]) -> None:
        before, self.after = ledger.before or ledger.state, ledger.state
        self.ticket_id, self.before = ledger.ticket_id, before
        self.kept: list[SlaClock] = []
        self.changed: list[tuple[SlaClock, Clock | None, Clock]] = []
        ledger.before, ledger.new = None, []
        former = {key_of(clock): clock for clock in before.every()}
        for clock in self.after.every():
            if (old := former.get(key_of(clock))) == clock:
                continue
            row = rows.get(key_of(clock))
            if row is None:
                row = new_row(self.ticket_id, clock)
                insert_soon(row)
            else:
                put(row, clock)
                self.kept.append(row)
            self.changed.append((row, old, clock))

    def follow(self, *, by: Actor) -> list[Line]:
        """What follows from it; the answer is what is yet to be told on the ticket's timeline."""
        at = self.after.at
        _write_pauses(self.ticket_id, self.before.stops, self.after.stops, by=by, at=at)
        _pass_on(self.ticket_id, self.before, self.after, at=at)
        return [line for row, old, clock in self.changed for line in _tell(row, old, clock, at)]


def _tell(row: SlaClock, old: Clock | None, new: Clock, at: datetime) -> Iterator[Line]:
    was = old.due_at if old is not None and old.state == ClockState.RUNNING else None
    now = new.due_at if new.state == ClockState.RUNNING else None
    about: dict[str, Any] = {name: getattr(row, name) for name in ("ticket_id", "envelope_id", "metric")}
    about["clock_id"] = row.pk
    if new.breached_at is not None and (old is None or old.breached_at is None):
        publish(ClockBreached(**about, is_by_retarget=new.breached_by_retarget, occurred_at=new.breached_at))
        yield from _write_down(row, new, at)
    if was != now:
        publish(DueMoved(**about, old_due_at=was, due_at=now, state=str(new.state), occurred_at=at))


def _write_down(row: SlaClock, clock: Clock, at: datetime) -> Iterator[Line]:
    """On the ticket's timeline, inside; what helpers missed in their thread, for those who read that."""
    facts = {"metric": str(clock.metric), "due_at": clock.due_at.isoformat() if clock.due_at else ""}
    if clock.breached_by_retarget:
        facts["by_retarget"] = "yes"
    if row.envelope_id is not None:
        tell_of_due(row.envelope_id, by=TIMER, event="sla_missed", **facts)
    else:
        yield Line(row.ticket_id, at, {"event": "sla_missed", **facts})


def _pass_on(ticket_id: UUID, before: State, after: State, *, at: datetime) -> None:
    """The ticket's own due date, and what helpers have promised on it."""
    due = promised_by(after)
    if due != promised_by(before):
        promise_resolution(ticket_id, due, at=at)
    if _dues_of_help(before).items() - _dues_of_help(after).items():
        renew_dues(ticket_id, by=DESK)


def promised_by(state: State) -> datetime | None:
    """Until when the ticket is to be resolved; None while its clock stands still, so nobody knows, and once nothing is
    promised any more.
    """
    clock = state.resolution
    return None if clock is None or clock.state in (ClockState.PAUSED, ClockState.CANCELLED) else clock.due_at


def _dues_of_help(state: State) -> dict[tuple[UUID | None, str], datetime | None]:
    return {key: clock.due_at for key, clock in state.clocks.items() if key[0] is not None and clock.is_open}


def _write_pauses(ticket_id: UUID, before: Sequence[Stop], after: Sequence[Stop], *, by: Actor, at: datetime) -> None:
    """Stops are only ever added, or ended."""
    for number, stop in enumerate(after):
        former = before[number] if number < len(before) else None
        if stop == former or stop.reason not in PAUSES:
            continue
        if former is None:
            record(_new_pause(ticket_id, stop), by=by)
            continue
        kind = APPROVED if stop.reason in APPROVED else (stop.reason,)
        row = SlaPause.objects.get(ticket=ticket_id, to_at__isnull=True, reason__in=[str(reason) for reason in kind])
        row.to_at, row.ended_by_id = stop.to_at, stop.ended_by
        record(row, by=by, update_fields=["to_at", "ended_by"])
        if stop.to_at is not None and stop.to_at == stop.until and stop.ended_by is None:
            tell_of_promise(ticket_id, by=TIMER, at=at, facts={"event": "sla_resumed"})


def _new_pause(ticket_id: UUID, stop: Stop) -> SlaPause:
    return SlaPause(
        ticket_id=ticket_id,
        reason=stop.reason,
        from_at=stop.from_at,
        to_at=stop.to_at,
        until=stop.until,
        by_id=stop.by,
        ended_by_id=stop.ended_by,
        note=stop.note,
    )


def _fact_row(ticket_id: UUID, fact: Fact) -> ClockFact:
    data = fact_data(fact)
    return ClockFact(ticket_id=ticket_id, envelope_id=fact.envelope_id, kind=str(fact.kind), at=fact.at, data=data)


def new_row(ticket_id: UUID, clock: Clock) -> SlaClock:
    row = SlaClock(
        ticket_id=ticket_id,
        envelope_id=clock.envelope_id,
        metric=str(clock.metric),
        cycle=clock.cycle,
        started_at=clock.started_at,
    )
    put(row, clock)
    return row


def put(row: SlaClock, clock: Clock) -> None:
    """Let the row show the clock."""
    for name, value in shown(clock).items():
        setattr(row, name, value)


def shown(clock: Clock) -> dict[str, object]:
    """The columns of a row that follow from the facts."""
    return {name: clock.hours.id if name == "hours_id" else _plain(getattr(clock, name)) for name in FOLLOWING}


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value


def key_of(clock: Clock) -> RowKey:
    return clock.envelope_id, str(clock.metric), clock.cycle


FOLLOWING_FIELDS = tuple(name.removesuffix("_id") for name in FOLLOWING)
