"""What open pages cost when nothing happens: counted here, measured by `make soak` and `make bench`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection, reset_queries

from accounts.models import Agent
from live.hub import Hub
from live.selectors import Credentials
from live.streams import Stream
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.services import add_note

pytestmark = pytest.mark.django_db(transaction=True)


def stream_of(agent: Agent, *, ticket_id: UUID | None = None, hears_all: bool = False) -> Stream:
    session = SessionStore()
    session.create()
    credentials = Credentials(session.session_key or "", agent.user.get_session_auth_hash(), agent.user_id)
    stream = Stream(agent_id=agent.pk, credentials=credentials, ticket_id=ticket_id, hears_all=hears_all)
    stream.go_live(until=0)
    return stream


def statements_of(streams: list[Stream], *steps: Callable[[Hub], Awaitable[None]]) -> list[int]:
    """How many statements the process asks in each of the steps."""

    def begin() -> None:
        connection.force_debug_cursor = True
        reset_queries()

    def end() -> int:
        connection.force_debug_cursor = False
        count = sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in connection.queries_log)
        connection.close()
        return count

    async def count() -> list[int]:
        hub = Hub()
        hub.streams |= set(streams)
        counts = []
        for step in steps:
            await hub.ask(begin)
            await step(hub)
            counts.append(await hub.ask(end))
        await hub.close()
        return counts

    return asyncio.run(count())


async def beat(hub: Hub) -> None:
    hub.beat()


async def look(hub: Hub) -> None:
    await hub.tell_news()


async def look_at_sessions(hub: Hub) -> None:
    await hub.look_at_sessions(list(hub.streams))


@pytest.mark.parametrize("count", [1, 200])
def test_idle_streams_cost_no_statement_of_their_own(count: int) -> None:
    """None a beat; one each two seconds and two each twenty, for all of them together."""
    ticket = TicketFactory()
    people = AgentFactory.create_batch(min(count, 20), teams=[ticket.team])
    streams = [stream_of(people[number % len(people)], hears_all=bool(number % 2)) for number in range(count)]
    _what_the_factories_did, *idle = statements_of(streams, look, beat, look, look_at_sessions)
    assert idle == [0, 1, 2]


def test_without_streams_nothing_is_asked() -> None:
    assert statements_of([], beat, look, look_at_sessions) == [0, 0, 0]


@pytest.mark.parametrize("pages_each", [1, 10])
def test_news_cost_one_statement_a_person_however_many_pages(pages_each: int) -> None:
    ticket = TicketFactory(team=TeamFactory())
    people = AgentFactory.create_batch(5, teams=[ticket.team])
    streams = [stream_of(agent, hears_all=True) for agent in people for _page in range(pages_each)]

    async def write(hub: Hub) -> None:
        await asyncio.to_thread(add_note_and_close, ticket.pk, people[0])

    *_before, told = statements_of(streams, look, write, look)
    looked, numbered, read, people_and_reach = 1, 2, 2, 2
    assert told == looked + numbered + read + people_and_reach + len(people)


def add_note_and_close(ticket_id: UUID, agent: Agent) -> None:
    add_note(ticket_id, by=agent, body_text="News.")
    connection.close()


def test_what_the_database_had_no_answer_to_is_told_the_next_time() -> None:
    ticket = TicketFactory()
    stream = stream_of(AgentFactory(teams=[ticket.team]), ticket_id=ticket.pk)

    def fail(*_args: Any) -> None:
        raise OperationalError("the server closed the connection")

    def be_gone(is_gone: bool) -> None:
        connection.execute_wrappers[:] = [fail] if is_gone else []
        connection.close()

    async def stir() -> bytes | None:
        hub = Hub()
        hub.streams.add(stream)
        await hub.tell_news()
        await stream.written()
        hub._stirred.add(ticket.pk)
        await hub.ask(be_gone, True)
        with pytest.raises(OperationalError):
            await hub.tell_news()
        await hub.ask(be_gone, False)
        await hub.tell_news()
        await hub.ask(be_gone, False)
        await hub.close()
        return await asyncio.wait_for(stream.written(), 5)

    assert asyncio.run(stir()) == b'event: presence\ndata: {"ticket":"%s"}\n\n' % ticket.reference.encode()


def test_a_reader_that_takes_nothing_away_is_let_go() -> None:
    stream = stream_of(AgentFactory())
    for number in range(2000):
        stream.tell("ticket", {"ticket": f"INC-2025-{number:06}"}, number=number + 1)

    async def written() -> list[bytes | None]:
        return [await stream.written(), await stream.written()]

    first, second = asyncio.run(written())
    assert first is not None
    assert first.count(b"event: ") == 1000
    assert second is None
