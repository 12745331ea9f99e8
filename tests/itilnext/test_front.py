"""The front of `make run`: joins pages and live events in one origin and changes nothing of either."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from itilnext.local.front import LONGEST_HEAD, BadMessage, Front, Head

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that answers with the request as it came, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    parsed, body = Head.parse(head), b""
    if parsed.is_chunked:
        while not body.endswith(b"0\r\n\r\n"):
            body += await reader.read(65536)
    elif parsed.length:
        body = await reader.readexactly(parsed.length)
    answer = head + body
    if head.startswith(b"HEAD"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
    elif b"/chunked" in head:
        writer.write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(answer), answer)
        )
    elif b"/endless" in head:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n" + answer)
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
    await writer.drain()
    writer.close()


class Streaming:
    """An events process: says something, and notices when the browser has gone."""

    def __init__(self) -> None:
        self.has_gone = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n")
        await reader.read()
        self.has_gone.set()
        writer.close()


@asynccontextmanager
async def browser_of(web: Serve, events: Serve) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a front before these two servers."""
    async with AsyncExitStack() as stack:

        async def listening(serve: Serve, limit: int) -> int:
            server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=limit)
            await stack.enter_async_context(server)
            return int(server.sockets[0].getsockname()[1])

        web_port, events_port = await listening(web, 2**20), await listening(events, 2**20)
        front = Front(web_port=web_port, events_port=events_port)
        reader, writer = await asyncio.open_connection("127.0.0.1", await listening(front.serve, LONGEST_HEAD))
        try:
            yield reader, writer
        finally:
            writer.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}  # what the servers still do
            if others:
                await asyncio.wait(others, timeout=10)


async def answer_of(reader: asyncio.StreamReader) -> tuple[Head, bytes]:
    head = Head.parse(await reader.readuntil(b"\r\n\r\n"))
    return head, await reader.readexactly(head.length or 0)


def test_requests_of_one_connection_follow_each_other_with_their_bodies() -> None:
    large = b"x" * 300_000
    requests = (
        b"GET /a HTTP/1.1\r\nHost: desk\r\nX-Kept: yes\r\nConnection: keep-alive\r\n\r\n",
        b"POST /b HTTP/1.1\r\nHost: desk\r\nContent-Length: 300000\r\n\r\n" + large,
        b"POST /c HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    )

    async def talk() -> list[bytes]:
        bodies = []
        async with browser_of(echo, echo) as (reader, writer):
            for request in requests:
                writer.write(request)
                head, body = await answer_of(reader)
                assert head.value(b"connection") == b"keep-alive"
                bodies.append(body)
        return bodies

    first, second, third = asyncio.run(talk())
    assert first.startswith(b"GET /a HTTP/1.1\r\n")
    assert b"x-kept: yes" in first
    assert b"connection: close" in first
    assert second.endswith(b"\r\n\r\n" + large)
    assert third.endswith(b"5\r\nabcde\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("request_line", "connection"),
    [
        (b"GET /chunked HTTP/1.1", b"keep-alive"),
        (b"HEAD /a HTTP/1.1", b"keep-alive"),
        (b"GET /endless HTTP/1.1", b"close"),
        (b"GET /a HTTP/1.0", b"close"),
    ],
)
def test_a_connection_lives_on_where_the_end_of_the_answer_is_known(request_line: bytes, connection: bytes) -> None:
    async def talk() -> bytes:
        async with browser_of(echo, echo) as (reader, writer):
            writer.write(request_line + b"\r\nHost: desk\r\n\r\n")
            return Head.parse(await reader.readuntil(b"\r\n\r\n")).value(b"connection")

    assert asyncio.run(talk()) == connection


@pytest.mark.parametrize(
    ("target", "is_for_events"),
    [
        (b"/events/", True),
        (b"/events/?list=1", True),
        (b"/events", False),
        (b"/events/x", False),
        (b"/a?/events/", False),
    ],
)
def test_only_the_stream_goes_to_the_events_process(target: bytes, is_for_events: bool) -> None:
    async def events(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def talk() -> bytes:
        async with browser_of(echo, events) as (reader, writer):
            writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: desk\r\n\r\n")
            return await reader.readline()

    assert (b"401" in asyncio.run(talk())) == is_for_events


def test_what_streams_arrives_at_once_and_ends_with_the_browser() -> None:
    async def talk() -> None:
        streaming = Streaming()
        async with browser_of(echo, streaming) as (reader, writer):
            writer.write(b"GET /events/ HTTP/1.1\r\nHost: desk\r\n\r\n")
            await reader.readuntil(b"data: ")
            writer.close()
            await asyncio.wait_for(streaming.has_gone.wait(), 10)

    asyncio.run(talk())


def test_while_a_server_starts_the_answer_is_that_it_is_away() -> None:
    async def talk() -> bytes:
        front = Front(web_port=1, events_port=1)
        async with browser_of(front.serve, echo) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: desk\r\n\r\n")
            return await reader.readline()

    assert asyncio.run(talk()).startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: 1\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Content-Length: +1",
    ],
)
def test_a_body_that_could_be_read_in_two_ways_is_refused(fields: bytes) -> None:
    """Who reads it otherwise than the server behind could slip a second request into the first (RFC 9112, 11.2)."""
    head = Head.parse(b"POST / HTTP/1.1\r\n" + fields + b"\r\n\r\n")
    with pytest.raises(BadMessage):
        _ = head.length


@pytest.mark.parametrize("line", [b"no colon", b" X: folded", b"X : spaced", b": nameless"])
def test_a_header_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(BadMessage):
        Head.parse(b"GET / HTTP/1.1\r\n" + line + b"\r\n\r\n")
