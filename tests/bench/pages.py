"""What 200 open pages cost while nothing happens: events process and front, as `make run` starts them."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from accounts.enums import Role
from accounts.models import Agent
from itilnext.local.processes import spawn, stop
from itilnext.local.servers import PROJECT
from itilnext.local.supervisor import events_command, free_ports, front_command
from tests.sessions import session_header_of

PAGES = 200
SECONDS = 60
MOST = 0.10
"""Of a core (issue 4, "Live")."""


@contextmanager
def front_and_events(web_port: int) -> Iterator[tuple[int, list[psutil.Process]]]:
    """The port of the front, and both processes."""
    port, events_port = free_ports(2)
    log = Path(os.environ["ITILNEXT_HOME"]) / "log" / "events.log"
    commands = (events_command(events_port), front_command(port, web_port, events_port))
    processes = [spawn([sys.executable, *command], log=log, cwd=PROJECT) for command in commands]
    try:
        yield port, [psutil.Process(process.pid) for process in processes]
    finally:
        for process in processes:
            stop(process)


def share_of_a_core(web_port: int) -> float:
    """Computing of both processes by second, with `PAGES` streams open."""
    agents = Agent.objects.filter(is_active=True, roles__contains=[Role.AGENT])[:20]
    cookies = [session_header_of(agent) for agent in agents]
    with front_and_events(web_port) as (port, processes):
        return asyncio.run(_stay(port, cookies, processes))


async def _stay(port: int, cookies: list[str], processes: list[psutil.Process]) -> float:
    streams = [await _open(port, cookies[number % len(cookies)]) for number in range(PAGES)]
    await asyncio.sleep(5)
    before, began = _spent(processes), time.monotonic()
    await asyncio.sleep(SECONDS)
    share = (_spent(processes) - before) / (time.monotonic() - began)
    if any(stream.done() for stream in streams):
        raise RuntimeError("A stream has ended while it was measured.")
    return share


async def _open(port: int, cookie: str) -> asyncio.Task[None]:
    for _attempt in range(300):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.write(f"GET /events/?list=1 HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        if b" 200 " in await reader.readline():
            return asyncio.create_task(_read_on(reader, writer))
        writer.close()
        await asyncio.sleep(0.1)  # still starting
    raise RuntimeError("The events process does not answer.")


async def _read_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass
    writer.close()


def _spent(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)
