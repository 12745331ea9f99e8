"""Why a promise is due when it is, for people: each stretch of time that led to it, and who stopped the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import Agent
from core.actors import Actor
from envelopes.models import Envelope
from sla.enums import ChosenFor, ClockState, Indicator
from sla.explain import Segment, left_of, seconds_of
from sla.models import SlaClock
from sla.selectors.choices import chosen_for
from sla.selectors.clocks import indicator_of
from sla.selectors.edits import Edit, edits_of, known_edits
from sla.selectors.states import states_of
from sla.states import Clock, State
from tickets.models import Ticket


@dataclass(frozen=True)
class Part:
    """A stretch of time as it is shown."""

    segment: Segment
    seconds: int
    """As they pass; see `seconds_of`."""
    is_ahead: bool
    """Still to come, if nothing stops the clock."""
    person: Agent | None
    """Who stopped it."""


@dataclass(frozen=True)
class Explained:
    clock: SlaClock
    indicator: Indicator | None
    """None of a cancelled one."""
    left_seconds: int | None
    """Open time until it is due, negative once that has passed; of one that stands still as it was when it stopped."""
    is_limited: bool
    """Help that ends earlier than its own target, as what it is for is due then."""
    parts: Sequence[Part]
    edits: Sequence[Edit] = ()
    """Of its policy and calendar, while it ran: they moved it."""
    chosen_for: ChosenFor | None = None
    """Its policy was named for the ticket or its company, and not found by its conditions."""


def clocks_shown_to(actor: Actor, ticket: Ticket) -> QuerySet[SlaClock]:
    """What is promised to the customer, to all who read the ticket; between teams to those who read the envelope."""
    readable = Envelope.objects.thread_visible_to(actor).filter(ticket=ticket).order_by().values("pk")
    rows = SlaClock.objects.filter(ticket=ticket).filter(Q(envelope__isnull=True) | Q(envelope__in=readable))
    return rows.select_related("policy", "envelope", "hours__calendar")


def explain(clocks: Iterable[SlaClock], now: datetime) -> list[Explained]:
    """In their order. Four queries, and two more where policies or calendars were edited, however many there are."""
    rows = list(clocks)
    states = states_of({row.ticket_id for row in rows})
    found = [(row, states[row.ticket_id], _clock_in(states[row.ticket_id], row)) for row in rows]
    told = [(row, state, clock, _segments(state, clock, now)) for row, state, clock in found if clock is not None]
    people = _people(part.by for _row, _state, _clock, parts in told for part in parts)
    chosen = chosen_for({row.ticket_id for row in rows}) if rows else {}
    known = known_edits((state, clock) for _row, state, clock, _parts in told)
    return [
        replace(
            _explained(row, state, clock, parts, people, now),
            edits=edits_of(state, clock, known),
            chosen_for=chosen.get((row.ticket_id, row.policy_id)),
        )
        for row, state, clock, parts in told
    ]


def _clock_in(state: State, row: SlaClock) -> Clock | None:
    key = (row.envelope_id, row.metric, row.cycle)
    return next((clock for clock in state.every() if (clock.envelope_id, clock.metric, clock.cycle) == key), None)


def _segments(state: State, clock: Clock, now: datetime) -> list[Segment]:
    return state.reckoning_of(clock).segments(_explained_until(clock, now))


def _explained_until(clock: Clock, now: datetime) -> datetime:
    if clock.ended_at is not None:
        return clock.ended_at
    now = max(now, clock.started_at)
    return max(now, clock.due_at or now) if clock.state == ClockState.RUNNING else now


def _people(ids: Iterable[UUID | None]) -> dict[UUID, Agent]:
    wanted = {pk for pk in ids if pk is not None}
    return Agent.objects.in_bulk(list(wanted)) if wanted else {}


def _explained(
    row: SlaClock, state: State, clock: Clock, segments: Sequence[Segment], people: dict[UUID, Agent], now: datetime
) -> Explained:
    pieces = [piece for segment in segments for piece in _cut(segment, now)]
    parts = [
        Part(piece, seconds, is_ahead=piece.start >= now, person=people.get(piece.by) if piece.by else None)
        for piece, seconds in zip(pieces, seconds_of(pieces), strict=True)
    ]
    is_over = clock.state == ClockState.CANCELLED
    return Explained(
        clock=row,
        indicator=None if is_over else indicator_of(row, now),
        left_seconds=_left(clock, now),
        is_limited=clock.due_at is not None and clock.due_at < state.reckoning_of(clock).due_at,
        parts=parts,
    )


def _cut(segment: Segment, now: datetime) -> list[Segment]:
    if not segment.start < now < segment.end:
        return [segment]
    before, after = (segment.start, now), (now, segment.end)
    return [
        Segment(start, end, segment.kind, segment.why, segment.name, segment.by, segment.note)
        for start, end in (before, after)
    ]


def _left(clock: Clock, now: datetime) -> int | None:
    if not clock.is_open or clock.due_at is None:
        return None
    moment = clock.paused_at or now
    return int(left_of(clock.hours.calendar, clock.due_at, moment).total_seconds())
