"""The open streams of one events process: one look into the database serves them all.

Everything that asks the database runs in one thread with one connection. An idle stream costs some bytes each
`LIVE_BEAT_SECONDS` and no statement.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import ParamSpec, TypeVar
from uuid import UUID

import redis.asyncio
from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections
from django.utils import timezone
from redis.exceptions import RedisError

from live import selectors, services
from live.enums import Kind
from live.selectors import REPLAYED_AT_MOST, Logged
from live.snapshots import Snapshot
from live.streams import Stream
from live.wake import CHANGES, PRESENCE

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
Sight = dict[UUID, dict[UUID, str]]
"""Agent -> the tickets they may see of those asked for, with their references."""

BATCH = 500
GATHERED_SECONDS = 0.05
"""After each look: acts that follow each other at once are told together."""


class Hub:
    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self._cursor = 0
        """Number up to which the streams were told."""
        self._woken = asyncio.Event()
        self._stirred: set[UUID] = set()
        """Tickets at which somebody has come, gone or begun to write."""
        self._tasks: list[asyncio.Task[None]] = []
        self._start = asyncio.Lock()
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-database")

    async def ask(self, read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run what needs the database, in its thread."""

        def fresh() -> R:
            close_old_connections()
            return read(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._database, fresh)

    async def start(self) -> None:
        """Begin to look, from now on; done once."""
        async with self._start:
            if not self._tasks:
                self._cursor = await self.ask(_dispatched)
                steps = (self._look, self._listen, self._beat, self._look_at_sessions)
                self._tasks = [asyncio.create_task(_forever(step)) for step in steps]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        self._database.shutdown()

    async def join(self, stream: Stream, *, after: int | None, seen: Snapshot | None) -> None:
        """Tell the stream what it has missed, and from then on what happens.

        Missed is everything after number `after`, else what a page with the snapshot `seen` does not show. Where that
        is not known any more, or too much, the page is told to look at everything anew.
        """
        await self.start()
        self.streams.add(stream)  # before looking, so that nothing falls between
        newest, missed = await self.ask(_missed, after, seen)
        if missed is None:
            stream.put("reset", {})
        elif missed:
            await self._tell(missed, [stream], Stream.put)
        stream.go_live(until=newest)
        stream.beat(newest)

    def leave(self, stream: Stream) -> None:
        self.streams.discard(stream)

    # what goes on for ever ------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        """Be woken by Valkey. With it gone, what happens is found by looking, every `LIVE_LOOK_SECONDS`."""
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2)
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as channels:
                await channels.subscribe(CHANGES, PRESENCE)
                self._woken.set()  # for what was said while nobody listened
                async for said in channels.listen():
                    if said["channel"] == PRESENCE.encode():
                        with suppress(ValueError):
                            self._stirred.add(UUID(said["data"].decode()))
                    self._woken.set()
        except (RedisError, OSError):
            logger.info("live updates are not woken by the broker, and come a little later")
            await asyncio.sleep(1)
        finally:
            await client.aclose()

    async def _look(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), settings.LIVE_LOOK_SECONDS)
        self._woken.clear()
        await self.tell_news()
        await asyncio.sleep(GATHERED_SECONDS)

    async def _beat(self) -> None:
        await asyncio.sleep(settings.LIVE_BEAT_SECONDS)
        self.beat()

    async def _look_at_sessions(self) -> None:
        await asyncio.sleep(settings.LIVE_SESSION_SECONDS)
        await self.look_at_sessions(list(self.streams))

    # one step of each -----------------------------------------------------------------------------------------------

    async def tell_news(self) -> None:
        """Tell the streams what is new; one statement when that is nothing, none when nobody listens.

        What the database has no answer to is told the next time.
        """
        stirred, self._stirred = self._stirred, set()
        if not self.streams:
            return
        try:
            if await self.ask(selectors.has_news, self._cursor):
                await self.ask(services.dispatch)
                while news := await self.ask(selectors.changes_after, self._cursor, limit=BATCH):
                    await self._tell(news, set(self.streams), Stream.tell)
                    self._cursor = news[-1].number
            if stirred:
                await self._tell_presence(stirred)
        except DatabaseTrouble:
            self._stirred |= stirred
            raise

    def beat(self) -> None:
        """A word now and then tells the pages that the line is open."""
        for stream in self.streams:
            stream.beat(self._cursor)

    async def look_at_sessions(self, streams: Sequence[Stream]) -> None:
        """End the streams of those who have signed out or may not come in any more. Two statements for all."""
        if not streams:
            return
        asked = {stream.credentials for stream in streams}
        valid = await self.ask(selectors.still_valid, list(asked), now=timezone.now())
        for stream in streams:
            if stream.credentials not in valid:
                stream.put("over", {})
                stream.end()
                self.leave(stream)

    async def _tell(self, news: Sequence[Logged], streams: Collection[Stream], tell: Callable[..., None]) -> None:
        """Each change to those whom it concerns and who may hear of it now."""
        if ended := {change.person_id for change in news if change.kind == Kind.ACCESS}:
            await self.look_at_sessions([stream for stream in streams if stream.agent_id in ended])
        newest_of = {change.ticket_id: change for change in news if change.ticket_id is not None}
        sight = await self._sight(set(newest_of), streams)
        for change in news:
            if change.ticket_id is not None and newest_of[change.ticket_id] is not change:
                continue  # a later one of this batch says the same
            for stream in streams:
                if heard := _heard(stream, change, sight):
                    event, data = heard
                    tell(stream, event, data, number=change.number, ticket_id=change.ticket_id)

    async def _tell_presence(self, tickets: set[UUID]) -> None:
        there = [stream for stream in self.streams if stream.ticket_id in tickets]
        sight = await self._sight(tickets, there)
        for stream in there:
            if stream.ticket_id is not None and (reference := sight.get(stream.agent_id, {}).get(stream.ticket_id)):
                stream.tell("presence", {"ticket": reference})

    async def _sight(self, tickets: set[UUID], streams: Collection[Stream]) -> Sight:
        """Asked for each person alone about what their pages show."""
        wanted: dict[UUID, set[UUID]] = defaultdict(set)
        for stream in streams:
            if stream.hears_all:
                wanted[stream.agent_id] |= tickets
            elif stream.ticket_id in tickets:
                wanted[stream.agent_id].add(stream.ticket_id)
        return await self.ask(selectors.sight_of, wanted) if any(wanted.values()) else {}


def _heard(stream: Stream, change: Logged, sight: Sight) -> tuple[str, dict[str, str]] | None:
    """Event and data for this stream, if the change concerns it; without a reference: of a ticket out of sight."""
    if change.kind == Kind.TOLD and change.person_id == stream.agent_id:
        return "told", {}
    if change.ticket_id is None or not (stream.hears_all or stream.ticket_id == change.ticket_id):
        return None
    in_sight = sight.get(stream.agent_id, {}).get(change.ticket_id, "")
    return "ticket", {"ticket": in_sight, "xid": str(change.xid)}


def _dispatched() -> int:
    services.dispatch()
    return selectors.newest_number()


def _missed(after: int | None, seen: Snapshot | None) -> tuple[int, list[Logged] | None]:
    """The newest number, and what happened up to it that the page does not show; None: too much, or not known."""
    newest = _dispatched()
    if after is not None:
        if not selectors.is_kept_since(after, newest=newest):
            return newest, None
        missed = selectors.changes_after(after, limit=REPLAYED_AT_MOST + 1)
    elif seen is not None:
        missed = [row for row in selectors.changes_unseen(seen.xmin, newest=newest) if not seen.shows(row.xid)]
    else:
        missed = []
    return newest, missed if len(missed) <= REPLAYED_AT_MOST else None


async def _forever(step: Callable[[], Awaitable[None]]) -> None:
    """The outermost loop: with the database gone for a while, the streams stay open and go on afterwards."""
    while True:
        try:
            await step()
        except Exception:  # whatever it was: a page waits behind each stream
            logger.exception("live updates stopped at a step, and go on")
            await asyncio.sleep(1)
