"""Who is on a ticket's page, and who is writing: kept in Valkey alone, for 45 seconds after the last word of a page.

With Valkey gone nobody is said to be there. A person may have the ticket open several times; what they do most counts.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.exceptions import RedisError

from accounts.models import Agent
from live.enums import Doing
from live.wake import client, tell_of_presence

logger = logging.getLogger(__name__)

KEPT_SECONDS = 45
"""After the last beat of a page; pages beat every 20 seconds (ux.md section 5)."""
PAGES_AT_MOST = 200
"""Of one ticket; of more nobody reads the names."""
RANKS = list(Doing)
"""The later one says more."""


@dataclass(frozen=True)
class Present:
    """Somebody on the ticket's page."""

    name: str
    doing: Doing
    seconds_left: int


def note(ticket_id: UUID, agent_id: UUID, *, page: str, doing: Doing | None) -> None:
    """One page's beat; `doing` None: it is left. Others hear of it only if something is other than before."""
    try:
        _note(ticket_id, agent_id, page=page, doing=doing)
    except RedisError:
        logger.info("presence is not kept: Valkey is not reached")


def _note(ticket_id: UUID, agent_id: UUID, *, page: str, doing: Doing | None) -> None:
    key, field = _key(ticket_id), f"{agent_id}:{page}"
    valkey = client()
    before = valkey.hget(key, field)
    if doing is None:
        valkey.hdel(key, field)
    elif before is not None or valkey.hlen(key) < PAGES_AT_MOST:
        with valkey.pipeline(transaction=False) as pipe:
            pipe.hset(key, field, f"{doing.value}:{int(time.time()) + KEPT_SECONDS}")
            pipe.expire(key, KEPT_SECONDS)
            pipe.execute()
    if _doing(before) != doing:
        tell_of_presence(ticket_id)


def changed(ticket_id: UUID) -> None:
    """Somebody is there, or is no more, of whom Valkey does not know."""
    try:
        tell_of_presence(ticket_id)
    except RedisError:
        logger.info("presence is not told: Valkey is not reached")


def others_on(ticket_id: UUID, *, besides: UUID) -> tuple[Present, ...]:
    """Who else is there, those who write first. One statement, none if nobody is."""
    try:
        found = _found(ticket_id)
    except RedisError:
        logger.info("presence is not known: Valkey is not reached")
        return ()
    found.pop(besides, None)
    if not found:
        return ()
    names = dict(Agent.objects.filter(pk__in=found, is_active=True).values_list("pk", "name"))
    present = [Present(name, *found[agent_id]) for agent_id, name in names.items()]
    return tuple(sorted(present, key=lambda each: (-RANKS.index(each.doing), each.name)))


def looked_at_by(agent_id: UUID, ticket_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of `ticket_ids` that the person has open, in a window that is seen: hidden ones say that they are left."""
    asked = list(ticket_ids)
    try:
        with client().pipeline(transaction=False) as pipe:
            for ticket_id in asked:
                pipe.hgetall(_key(ticket_id))
            answers = pipe.execute()
    except RedisError:
        logger.info("presence is not known: Valkey is not reached")
        return frozenset()
    own = f"{agent_id}:".encode()
    return frozenset(
        ticket_id
        for ticket_id, pages in zip(asked, answers, strict=True)
        if any(page.startswith(own) and _doing(value) is not None for page, value in pages.items())
    )


def _found(ticket_id: UUID) -> dict[UUID, tuple[Doing, int]]:
    """Person -> what they do, and for how many seconds that is known; what is over is cleared away."""
    found: dict[UUID, tuple[Doing, int]] = {}
    gone = []
    for field, value in client().hgetall(_key(ticket_id)).items():
        doing, left = _doing(value), _seconds_left(value)
        if doing is None:
            gone.append(field)
            continue
        agent_id = UUID(field.decode().partition(":")[0])
        before = found.get(agent_id, (doing, 0))
        found[agent_id] = (max(doing, before[0], key=RANKS.index), max(left, before[1]))
    if gone:
        client().hdel(_key(ticket_id), *gone)
    return found


def _key(ticket_id: UUID) -> str:
    return f"itilnext:presence:{ticket_id}"


def _doing(value: Any) -> Doing | None:
    """What the page was last said to do, unless that is too long ago."""
    return Doing(value.decode().partition(":")[0]) if value is not None and _seconds_left(value) > 0 else None


def _seconds_left(value: bytes) -> int:
    return int(value.decode().partition(":")[2]) - int(time.time())
