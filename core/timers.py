"""Everything that happens because time has passed, by name: beat runs it each minute, `manage.py run_timers` at
will.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from core.models import Heartbeat

logger = logging.getLogger(__name__)

HEARTBEAT = "timers"
"""Name of the `Heartbeat` row that `/readyz` reads."""
ROUNDS_IN_TURN = 20
"""Batches of one timer before the next one has its turn: a backlog must not keep the others waiting."""
MAX_TURNS = 50
"""Of each timer in one run: one that never says 0 must not keep the next run waiting."""

Timer = Callable[..., int]
"""Takes `now=` (UTC), does one batch of what is due then and answers how much that was; 0: nothing is left."""


@dataclass
class Run:
    """What one run has done."""

    counts: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


_timers: dict[str, tuple[int, Timer]] = {}


def register(name: str, timer: Timer, *, order: int) -> None:
    """Add a timer; called in `ready()`. Lower `order` runs first, so that one can leave work to the next."""
    if name in _timers:
        raise ValueError(f"timer {name} is registered twice")
    _timers[name] = (order, timer)


def registered() -> list[str]:
    """Names in the order in which they run."""
    return sorted(_timers, key=lambda name: _timers[name][0])


def run_all(*, now: datetime | None = None) -> Run:
    """Run every timer until nothing is due any more, at `now` or by the clock; a failure does not stop the others.

    They take turns in their order, as one can leave work to the next. Raises SoftTimeLimitExceeded when the worker's
    time is over; what is left is still due in the next run.
    """
    run = Run()
    try:
        for _turn in range(MAX_TURNS):
            if not _each_in_turn(run, now):
                break
    except SoftTimeLimitExceeded:  # a backlog, and no sign that the sweep stands still
        _beat()
        raise
    _beat()
    return run


def _beat() -> None:
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"ended_at": timezone.now()})


def _each_in_turn(run: Run, now: datetime | None) -> bool:
    """Whether some timer has work left."""
    is_some_left = False
    for name in registered():
        if name in run.failed:
            continue
        try:
            done, is_left = _turn_of(_timers[name][1], now)
        except SoftTimeLimitExceeded:  # no failure of this timer: the whole run has to end before it is killed
            logger.warning("run of timers cut short", extra={"timer": name})
            raise
        except Exception:  # the outermost loop of a worker
            logger.exception("timer failed", extra={"timer": name})
            run.counts.pop(name, None)
            run.failed.append(name)
        else:
            run.counts[name] = run.counts.get(name, 0) + done
            is_some_left |= is_left
    return is_some_left


def _turn_of(timer: Timer, now: datetime | None) -> tuple[int, bool]:
    """How much was done, and whether there may be more."""
    total = 0
    for _round in range(ROUNDS_IN_TURN):
        if not (done := timer(now=now or timezone.now())):
            return total, False
        total += done
    return total, True
