"""What is known of one ticket's promises at a moment: its clocks, what has stopped them, and the facts that say so.

Plain Python: no database, no clock of its own. Moments are UTC. Source: domain.md section 9.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.worktime import WorkCalendar
from sla.enums import APPROVED, OPEN, ClockState, Metric, PauseReason
from sla.explain import Reckoning, Stop

S = ClockState
RESOLVED, CANCELLED = "resolved", "cancelled"
"""Reasons of stops that are no pauses: while nobody was to work on the ticket."""
CLOSED = "closed"
"""Follows a resolution and changes nothing about what was promised."""
WAITING = str(PauseReason.WAITING_CUSTOMER)
PAUSES = frozenset(map(str, PauseReason))

STOPPED_BY: Mapping[str, frozenset[str]] = {
    Metric.FIRST_RESPONSE: frozenset({CANCELLED}),
    Metric.NEXT_RESPONSE: frozenset({CANCELLED}),
    Metric.RESOLUTION: PAUSES | {RESOLVED, CANCELLED},
    Metric.TIME_TO_VALUE: PAUSES | {CANCELLED},
    Metric.OLA_RESPONSE: frozenset(),
    Metric.OLA_COMPLETION: frozenset({WAITING}),
}
OF_TICKETS = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.RESOLUTION, Metric.TIME_TO_VALUE)
OF_OUTCOME = (Metric.RESOLUTION, Metric.TIME_TO_VALUE)
OF_HELP = (Metric.OLA_RESPONSE, Metric.OLA_COMPLETION)

Key = tuple[UUID | None, str]
"""Envelope, or None for the ticket's own; metric."""


class FactKind(StrEnum):
    CREATED = "created"
    STATUS = "status"
    CUSTOMER_WROTE = "customer_wrote"
    ANSWERED = "answered"
    ANSWER_WITHDRAWN = "answer_withdrawn"
    TERMS = "terms"
    PAUSED = "paused"
    RESUMED = "resumed"
    TIME_PASSED = "time_passed"
    HELP_OPENED = "help_opened"
    HELP_ACCEPTED = "help_accepted"
    HELP_TERMS = "help_terms"
    HELP_COMPLETED = "help_completed"
    HELP_CANCELLED = "help_cancelled"
    HELP_REOPENED = "help_reopened"


@dataclass(frozen=True, slots=True)
class Hours:
    """A calendar as it stood at a time."""

    id: UUID
    calendar_id: UUID
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy promises, in minutes of open time by metric."""

    policy_id: UUID
    hours: Hours
    targets: Mapping[str, int]
    is_retroactive: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    kind: FactKind
    at: datetime
    envelope_id: UUID | None = None
    terms: Terms | None = None
    """Of `CREATED`, `TERMS` and the kinds of help that begin or change a promise; None: nothing is promised."""
    old: str = ""
    new: str = ""
    """Statuses of `STATUS`."""
    stop: Stop | None = None
    """Of `PAUSED`."""
    by: UUID | None = None
    since: datetime | None = None
    """When the answer was given that is withdrawn."""
    first: datetime | None = None
    last: datetime | None = None
    """Of the answers that remain then."""


@dataclass(frozen=True, slots=True)
class Retermed:
    """What was promised on the ticket, or to an envelope, gave way to something else; None: nothing."""

    at: datetime
    envelope_id: UUID | None
    old: Terms | None
    new: Terms | None


@dataclass(frozen=True, slots=True)
class Clock:
    """One measurement of one metric; of a row of `SlaClock` all but its id."""

    envelope_id: UUID | None
    metric: str
    cycle: int
    policy_id: UUID
    hours: Hours
    target_minutes: int
    started_at: datetime
    state: str = S.RUNNING
    due_at: datetime | None = None
    """Of a paused one when it would have been due, had it gone on at once."""
    at_risk_at: datetime | None = None
    paused_at: datetime | None = None
    paused_seconds: int = 0
    elapsed_seconds: int = 0
    """Open time used up, and open time kept out by pauses, when the clock last stood or was completed."""
    completed_at: datetime | None = None
    ended_at: datetime | None = None
    """When it was completed or cancelled."""
    breached_at: datetime | None = None
    breached_by_retarget: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def key(self) -> Key:
        return self.envelope_id, self.metric


@dataclass(slots=True)
class State:
    """What the facts so far amount to. `apply` gives a new one and leaves the old as it was."""

    at: datetime
    created_at: datetime
    terms: Terms | None
    clocks: dict[Key, Clock] = field(default_factory=dict)
    """Of each metric, and of each envelope's, the latest cycle."""
    past: tuple[Clock, ...] = ()
    """Earlier cycles."""
    stops: tuple[Stop, ...] = ()
    retermed: tuple[Retermed, ...] = ()
    help: dict[UUID, Terms | None] = field(default_factory=dict)
    owed: dict[Key, datetime] = field(default_factory=dict)
    """Next responses and help that somebody waits for, and since when, promised or not."""
    is_answered: bool = False
    resolved_at: datetime | None = None
    is_cancelled: bool = False

    @property
    def is_resolved(self) -> bool:
        return self.resolved_at is not None

    def is_owed(self, key: Key) -> bool:
        """Whether what the metric measures is still to be done."""
        if key[1] == Metric.FIRST_RESPONSE:
            return not self.is_answered
        return not self.is_resolved if key[1] in OF_OUTCOME else key in self.owed

    def every(self) -> Iterator[Clock]:
        yield from self.past
        yield from self.clocks.values()

    @property
    def resolution(self) -> Clock | None:
        return self.clocks.get((None, Metric.RESOLUTION))

    @property
    def approved_pause(self) -> Stop | None:
        return next((stop for stop in self.stops if stop.to_at is None and stop.reason in APPROVED), None)

    @property
    def next_change(self) -> datetime | None:
        """When time alone changes something: a promise is missed, or a pause ends."""
        moments = [
            clock.due_at
            for clock in self.clocks.values()
            if clock.state == S.RUNNING and clock.breached_at is None and clock.due_at is not None
        ]
        pause = self.approved_pause
        return min([*moments, *([pause.until] if pause and pause.until else [])], default=None)

    def stops_of(self, metric: str) -> list[Stop]:
        return [stop for stop in self.stops if stop.reason in STOPPED_BY[metric]]

    def stops_known_to(self, clock: Clock) -> list[Stop]:
        """As they were when it ended: what stopped others later did not stop it."""
        end = clock.ended_at
        if end is None:
            return self.stops_of(clock.metric)
        begun = [stop for stop in self.stops_of(clock.metric) if stop.from_at < end]
        return [replace(stop, to_at=None) if stop.to_at is not None and stop.to_at > end else stop for stop in begun]

    def reckoning_of(self, clock: Clock) -> Reckoning:
        """By which its due moment and its explanation are told, but for the end of the ticket's own promise."""
        target = timedelta(minutes=clock.target_minutes)
        return Reckoning(clock.hours.calendar, clock.started_at, target, self.stops_known_to(clock))
