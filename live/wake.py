"""Words over Valkey's channels: they carry nothing that matters, losing one costs a few seconds (ruling 26)."""

from functools import lru_cache
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

WORD = "live"
"""Name of the word in `core.wake`."""
CHANGES = "itilnext:live:changes"
PRESENCE = "itilnext:live:presence"
TIMEOUT = 0.5


def tell_of_changes() -> None:
    """Some change is committed. Raises RedisError."""
    client().publish(CHANGES, "")


def tell_of_presence(ticket_id: UUID) -> None:
    """Somebody has come to this ticket, left it, or does something else there. Raises RedisError."""
    client().publish(PRESENCE, str(ticket_id))


@lru_cache(maxsize=1)
def client() -> Any:
    """That of this process; its pool knows of forks."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
