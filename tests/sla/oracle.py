"""Promises counted minute by minute, from the words of domain.md section 9 and nothing of `sla.fold`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Week:
    """Windows in minutes of the local day by weekday, and the dates on which nobody works."""

    zone: str
    windows: tuple[tuple[tuple[int, int], ...], ...]
    free: frozenset[object] = frozenset()

    def is_open(self, at: datetime) -> bool:
        """The minute from `at` (UTC) on. The zones used here change their clocks by whole hours."""
        local = at.astimezone(ZoneInfo(self.zone))
        if local.date() in self.free:
            return False
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.windows[local.weekday()])


@dataclass
class Counted:
    """One promise."""

    target: int
    counts_resolved: bool
    is_answer: bool = False
    """To the customer: neither pauses nor the end of the work stop it."""
    used: int = 0
    state: str = "running"
    due_at: datetime | None = None
    """When the target was used up, once it is."""
    completed_at: datetime | None = None
    breached_at: datetime | None = None
    by_retarget: bool = False


@dataclass(frozen=True)
class Step:
    at: datetime
    what: str
    """`wait`, `go_on`, `pause`, `resume`, `resolve`, `reopen`, `target`, `look`; in the conversation `write` (the
    customer) and `answer`.
    """
    minutes: int = 0
    """Of a pause how long it lasts, of a target what it is."""


@dataclass
class Walk:
    week: Week
    begun: datetime
    target: int
    promises: dict[tuple[str, int], Counted] = field(default_factory=dict)
    """By metric and cycle."""
    waits: bool = False
    paused_until: datetime | None = None
    is_resolved: bool = False

    def __post_init__(self) -> None:
        self.promises = {
            ("resolution", 1): Counted(self.target, counts_resolved=False),
            ("time_to_value", 1): Counted(self.target, counts_resolved=True),
            ("first_response", 1): Counted(self.target, counts_resolved=True, is_answer=True),
        }

    def run(self, steps: Sequence[Step], until: datetime) -> dict[tuple[str, int], Counted]:
        """All steps lie between the beginning and `until`, in order and on whole minutes."""
        at, left = self.begun, list(steps)
        while True:
            if self.paused_until == at:
                self.paused_until = None
                self._go_on(at)
            while left and left[0].at == at:
                self._do(left.pop(0))
            if at == until:
                self._miss(at)
                return self.promises
            self._miss(at)
            self._count(at)
            at += MINUTE

    @property
    def stands(self) -> bool:
        return self.waits or self.paused_until is not None

    @property
    def _outcomes(self) -> list[Counted]:
        return [promise for promise in self.promises.values() if not promise.is_answer]

    @property
    def _owed(self) -> list[Counted]:
        return [promise for promise in self.promises.values() if promise.is_answer and promise.state == "running"]

    def _count(self, at: datetime) -> None:
        if not self.week.is_open(at):
            return
        for promise in self._outcomes:
            if not self.stands and (promise.counts_resolved or not self.is_resolved):
                self._use(promise, at)
        for promise in self._owed:
            self._use(promise, at)

    def _use(self, promise: Counted, at: datetime) -> None:
        promise.used += 1
        if promise.used == promise.target:
            promise.due_at = at + MINUTE

    def _miss(self, at: datetime) -> None:
        for promise in self.promises.values():
            if promise.state == "running" and promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at = promise.due_at or at

    def _go_on(self, at: datetime) -> None:
        """After a pause, or with another target."""
        for promise in self._outcomes:
            if promise.state in ("running", "paused"):
                promise.state = "paused" if self.stands else "running"
            if promise.state == "running" and promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at, promise.by_retarget = at, True

    def _do(self, step: Step) -> None:
        at = step.at
        if step.what not in ("resolve", "answer"):
            self._miss(at)
        if step.what in ("write", "answer"):
            self._talk(step.what, at)
            return
        if step.what == "wait":
            self.waits = True
        elif step.what == "go_on":
            self.waits = False
        elif step.what == "pause":
            self.paused_until = at + step.minutes * MINUTE
        elif step.what == "resume":
            self.paused_until = None
        elif step.what == "target":
            self.target = step.minutes
            self._retarget(at)
        elif step.what == "resolve":
            self._resolve(at)
        elif step.what == "reopen":
            self._reopen(at)
        self._go_on(at)

    def _talk(self, what: str, at: datetime) -> None:
        """The first message that waits for an answer begins a cycle; an answer ends what is owed."""
        if what == "answer":
            for promise in self._owed:
                promise.state, promise.completed_at = "completed", at
        elif not self._owed:
            cycle = sum(metric == "next_response" for metric, _cycle in self.promises) + 1
            self.promises["next_response", cycle] = Counted(self.target, counts_resolved=True, is_answer=True)

    def _retarget(self, at: datetime) -> None:
        """Due moments are told anew where it matters: by the moment of the change, or while counting on."""
        for promise in [] if self.is_resolved else self._outcomes:
            promise.target, promise.due_at = self.target, None
        for promise in self._owed:
            promise.target, promise.due_at = self.target, None
            if promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at, promise.by_retarget = at, True

    def _resolve(self, at: datetime) -> None:
        for promise in self._outcomes:
            promise.state, promise.completed_at = "completed", at
        self.is_resolved, self.waits, self.paused_until = True, False, None

    def _reopen(self, at: datetime) -> None:
        self.is_resolved = False
        for promise in self._outcomes:
            is_other = promise.target != self.target
            promise.state, promise.completed_at = "running", None
            if is_other:
                promise.target, promise.due_at = self.target, None
            elif promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at = promise.due_at
