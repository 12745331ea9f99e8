"""One origin for `make run`: live events go to the events process, all else to the web server (ADR 6).

`python -m itilnext.local.front PORT WEB_PORT EVENTS_PORT`. HTTP/1.1 on loopback, for one workstation; in production the
proxy of docker-compose.yml stands here.
"""

import asyncio
import contextlib
import signal
import sys
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine
from dataclasses import dataclass

LONGEST_HEAD = 64 * 1024
BLOCK = 64 * 1024
HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"upgrade"}
NO_BODY = (b"204", b"304")
UNREACHABLE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BadMessage(Exception):
    """Nothing that HTTP/1.1 allows; the connection ends."""


@dataclass(frozen=True)
class Head:
    """First line and header lines of a request or an answer."""

    line: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    """Names in small letters."""

    @classmethod
    def parse(cls, text: bytes) -> "Head":
        line, *rest = text[:-4].split(b"\r\n")
        fields = []
        for field in rest:
            name, colon, value = field.partition(b":")
            if not colon or not name or name != name.strip():
                raise BadMessage
            fields.append((name.lower(), value.strip()))
        return cls(line, tuple(fields))

    def value(self, name: bytes) -> bytes:
        return next((value for each, value in self.fields if each == name), b"")

    @property
    def is_chunked(self) -> bool:
        return self.value(b"transfer-encoding").lower() == b"chunked"

    @property
    def length(self) -> int | None:
        """Bytes of the body, where the head says so. Raises BadMessage for what could be read in two ways."""
        given = {value for name, value in self.fields if name == b"content-length"}
        coding = self.value(b"transfer-encoding")
        if len(given) > 1 or (given and coding) or (coding and not self.is_chunked):
            raise BadMessage
        text = given.pop() if given else b""
        if text and not text.isdigit():
            raise BadMessage
        return int(text) if text else None

    def written(self, *, connection: bytes) -> bytes:
        lines = [name + b": " + value for name, value in self.fields if name not in HOP_BY_HOP]
        return b"\r\n".join([self.line, *lines, b"connection: " + connection, b"\r\n"])


class Front:
    """Each request has a connection of its own to whom it is for; the browser keeps one for many."""

    def __init__(self, *, web_port: int, events_port: int) -> None:
        self._web_port, self._events_port = web_port, events_port

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """All requests of one connection."""
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, EOFError, asyncio.LimitOverrunError, BadMessage):
            pass  # the browser has gone, or talks nonsense
        finally:
            writer.close()

    async def _exchange(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """One request and its answer; the answer is whether another may follow."""
        request = Head.parse(await reader.readuntil(b"\r\n\r\n"))
        method, target, version = [*request.line.split(b" "), b"", b""][:3]
        is_stream = target.partition(b"?")[0] == b"/events/"
        length = request.length
        try:
            port = self._events_port if is_stream else self._web_port
            from_server, to_server = await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_HEAD)
        except OSError:
            writer.write(UNREACHABLE)
            await writer.drain()
            return False
        to_server.write(request.written(connection=b"close"))
        sending = asyncio.create_task(_send_body(reader, to_server, request, length))
        try:
            # A stream has no body to wait for: whatever comes from the browser then is its end.
            if is_stream:
                return await _until_either_ends(reader, _answer(from_server, writer, method, may_go_on=False))
            may_go_on = version == b"HTTP/1.1" and request.value(b"connection").lower() != b"close"
            is_kept = await _answer(from_server, writer, method, may_go_on=may_go_on)
            return is_kept and sending.done() and sending.exception() is None
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, EOFError, BadMessage):
                await sending
            to_server.close()


async def _send_body(reader: StreamReader, to_server: StreamWriter, request: Head, length: int | None) -> None:
    if request.is_chunked:
        while size := await _chunk(reader, to_server):
            await _copy(reader, to_server, size + 2)
    else:
        await _copy(reader, to_server, length or 0)


async def _chunk(reader: StreamReader, writer: StreamWriter) -> int:
    """Pass on the line with a chunk's size, after the last one the end of the body too; gives the size."""
    line = await reader.readuntil(b"\r\n")
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError as error:
        raise BadMessage from error
    if size == 0:
        while (trailer := await reader.readuntil(b"\r\n")) != b"\r\n":
            line += trailer
        line += b"\r\n"
    writer.write(line)
    await writer.drain()
    return size


async def _copy(reader: StreamReader, writer: StreamWriter, size: int) -> None:
    while size:
        block = await reader.read(min(size, BLOCK))
        if not block:
            raise EOFError
        size -= len(block)
        writer.write(block)
        await writer.drain()


async def _answer(reader: StreamReader, writer: StreamWriter, method: bytes, *, may_go_on: bool) -> bool:
    """Pass the answer on, to its end; tells whether the browser knows by itself where that is."""
    while True:
        head = Head.parse(await reader.readuntil(b"\r\n\r\n"))
        status = [*head.line.split(b" "), b""][1]
        if not status.startswith(b"1"):
            break
        writer.write(head.line + b"\r\n\r\n")  # 100 Continue
    is_whole = method == b"HEAD" or status in NO_BODY or head.length is not None or head.is_chunked
    is_kept = may_go_on and is_whole
    writer.write(head.written(connection=b"keep-alive" if is_kept else b"close"))
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()
    await writer.drain()
    return is_kept


async def _until_either_ends(reader: StreamReader, answer: Coroutine[None, None, bool]) -> bool:
    passing, leaving = asyncio.create_task(answer), asyncio.create_task(reader.read(1))
    try:
        await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return False
    finally:
        for task in (passing, leaving):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, EOFError, BadMessage):
                await task


async def main(port: int, web_port: int, events_port: int) -> None:
    front = Front(web_port=web_port, events_port=events_port)
    server = await asyncio.start_server(front.serve, "127.0.0.1", port, limit=LONGEST_HEAD, backlog=512)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()  # the browsers' connections end with this process


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
