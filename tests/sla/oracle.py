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
    """`wait`, `go_on`, `pause`, `resume`, `resolve`, `reopen`, `target`, `look`."""
    minutes: int = 0
    """Of a pause how long it lasts, of a target what it is."""


@dataclass
class Walk:
    week: Week
    begun: datetime
    target: int
    promises: dict[str, Counted] = field(default_factory=dict)
    waits: bool = False
    paused_until: datetime | None = None
    is_resolved: bool = False

    def __post_init__(self) -> None:
        self.promises = {
            "resolution": Counted(self.target, counts_resolved=False),
            "time_to_value": Counted(self.target, counts_resolved=True),
        }

    def run(self, steps: Sequence[Step], until: datetime) -> dict[str, Counted]:
        """All steps lie between the beginning and `until`, in order and on whole minutes."""
        at, left = self.begun, list(steps)
        while True:
            if self.paused_until == at:
                self._miss(at)
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

    def _count(self, at: datetime) -> None:
        if not self.week.is_open(at):
            return
        for promise in self.promises.values():
            if self.stands or (self.is_resolved and not promise.counts_resolved):
                continue
            promise.used += 1
            if promise.used == promise.target:
                promise.due_at = at + MINUTE

    def _miss(self, at: datetime) -> None:
        for promise in self.promises.values():
            if promise.state == "running" and promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at = promise.due_at or at

    def _go_on(self, at: datetime) -> None:
        """After a pause, or with another target."""
        for promise in self.promises.values():
            if promise.state in ("running", "paused"):
                promise.state = "paused" if self.stands else "running"
            if promise.state == "running" and promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at, promise.by_retarget = at, True

    def _do(self, step: Step) -> None:
        at = step.at
        if step.what != "resolve":
            self._miss(at)
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
            if not self.is_resolved:
                self._retarget()
        elif step.what == "resolve":
            self._resolve(at)
        elif step.what == "reopen":
            self._reopen(at)
        self._go_on(at)

    def _retarget(self) -> None:
        for promise in self.promises.values():
            promise.target = self.target
            promise.due_at = None  # told anew where it matters: by the moment of the change, or while counting on

    def _resolve(self, at: datetime) -> None:
        for promise in self.promises.values():
            promise.state, promise.completed_at = "completed", at
        self.is_resolved, self.waits, self.paused_until = True, False, None

    def _reopen(self, at: datetime) -> None:
        self.is_resolved = False
        for promise in self.promises.values():
            is_other = promise.target != self.target
            promise.state, promise.completed_at = "running", None
            if is_other:
                promise.target, promise.due_at = self.target, None
            elif promise.breached_at is None and promise.used >= promise.target:
                promise.breached_at = promise.due_at
