"""Exactly one beat: several may run, the one that holds the lock in Valkey sends."""

import logging
import sys
from datetime import timedelta
from typing import Any

from celery.beat import Scheduler
from celery.schedules import schedule
from django.conf import settings
from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

logger = logging.getLogger(__name__)

LOCK_NAME = "itilnext:beat"
LEASE_SECONDS = 15
PAUSE_SECONDS = 2.0


class LeaderScheduler(Scheduler):
    """Keeps its schedule in memory (all of it is sweeps, nothing is lost by a restart) and sends only as the leader."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)
        self._lock: Lock = client.lock(LOCK_NAME, timeout=LEASE_SECONDS, thread_local=False)
        self.is_leader = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Everything is due at the start, since nobody knows when it last ran."""
        super().setup_schedule()
        for entry in self.schedule.values():
            if isinstance(entry.schedule, schedule):
                entry.last_run_at = entry.default_now() - timedelta(seconds=entry.schedule.seconds)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; the answer says how many seconds later to ask again."""
        if not self._lead():
            return PAUSE_SECONDS
        return min(float(super().tick(*args, **kwargs)), PAUSE_SECONDS)

    def close(self) -> None:
        if self.is_leader:
            try:
                self._lock.release()
            except (LockError, RedisError):
                logger.info("beat lock was already gone")
        super().close()

    def _lead(self) -> bool:
        was_leader = self.is_leader
        try:
            self.is_leader = self._renew() if was_leader else bool(self._lock.acquire(blocking=False))
        except RedisError:
            self.is_leader = False
            logger.warning("beat does not reach the broker")
        if self.is_leader != was_leader:
            logger.info("beat leads" if self.is_leader else "beat stands by")
        return self.is_leader

    def _renew(self) -> bool:
        try:
            return bool(self._lock.reacquire())
        except LockError:  # the lease ran out, for instance while the machine slept
            return bool(self._lock.acquire(blocking=False))


def is_led() -> bool:
    """Whether some beat leads: the health check of beat's container, `python -m itilnext.beat`."""
    with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2) as client:
        return bool(client.exists(LOCK_NAME))


if __name__ == "__main__":
    sys.exit(0 if is_led() else 1)
