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
MAX_ROUNDS = 1000
"""Batches of one timer in one run: a timer that never says 0 must not keep the others waiting."""

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

    Raises SoftTimeLimitExceeded when the worker's time is over; what is left is still due in the next run.
    """
    run = Run()
    for name in registered():
        try:
            run.counts[name] = _exhaust(_timers[name][1], now)
        except SoftTimeLimitExceeded:  # no failure of this timer: the whole run has to end before it is killed
            raise
        except Exception:  # the outermost loop of a worker
            logger.exception("timer failed", extra={"timer": name})
            run.failed.append(name)
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"ended_at": timezone.now()})
    return run


def _exhaust(timer: Timer, now: datetime | None) -> int:
    total = 0
    for _round in range(MAX_ROUNDS):
        if not (done := timer(now=now or timezone.now())):
            break
        total += done
    return total
