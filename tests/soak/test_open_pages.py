"""200 open pages cost under a tenth of a core when nothing happens (issue 4, "Live")."""

import asyncio
import time
from urllib.parse import urlsplit

import psutil
import pytest

from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.live import Site
from tests.scale import full_size
from tests.sessions import session_header_of
from tickets.models import Ticket

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

PAGES = 200
SECONDS = full_size(120)
SHARED = 40
"""Pages on whose ticket somebody else is; only these say every `BEAT_SECONDS` that they are there."""
BEAT_SECONDS = 20


@pytest.fixture
def doors(live_site: str) -> list[tuple[str, Ticket]]:
    """Cookies and ticket of each page, of twenty people; the first `SHARED` pages are two and two on one ticket."""
    team = TeamFactory()
    cookies = [session_header_of(agent) for agent in AgentFactory.create_batch(20, teams=[team])]
    tickets = TicketFactory.create_batch(PAGES, team=team)
    return [(cookies[number % 20], tickets[number // 2 if number < SHARED else number]) for number in range(PAGES)]


async def _open(address: str, cookies: str, ticket: Ticket) -> asyncio.StreamWriter:
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = f"GET /events/?ticket={ticket.reference} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n"
    writer.write(request.encode())
    await writer.drain()
    assert b" 200 " in await reader.readline()

    async def read_on() -> None:
        while await reader.read(65536):
            pass

    writer.reading = asyncio.create_task(read_on())  # type: ignore[attr-defined]
    return writer


async def _looks_again(address: str, cookies: str, ticket: Ticket) -> None:
    """One page's presence, asked for as its script does; the answer only has to come."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = f"GET /t/{ticket.reference}/presence/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n"
    writer.write(f"{request}Connection: close\r\n\r\n".encode())
    assert b" 200 " in await reader.readline()
    while await reader.read(65536):
        pass
    writer.close()


def _cpu(site: Site) -> dict[str, float]:
    """Seconds of computing so far, with the children."""
    found = {}
    for name, process in site.processes.items():
        each = psutil.Process(process.pid)
        times = [one.cpu_times() for one in [each, *each.children(recursive=True)]]
        found[name] = sum(one.user + one.system for one in times)
    return found


def test_200_open_pages_cost_under_a_tenth_of_a_core(site_processes: Site, doors: list[tuple[str, Ticket]]) -> None:
    """Events process, web server and front together; one page in five shares its ticket with another. Their streams
    beat each second here, fifteen times as often as on a site.
    """

    async def stay() -> dict[str, float]:
        writers = [await _open(site_processes.address, *door) for door in doors]
        await asyncio.sleep(2)
        before, began = _cpu(site_processes), time.monotonic()
        for number in range(SECONDS * SHARED // BEAT_SECONDS):
            await _looks_again(site_processes.address, *doors[number % SHARED])
            await asyncio.sleep(max(0.0, began + (number + 1) * BEAT_SECONDS / SHARED - time.monotonic()))
        spent, seconds = _cpu(site_processes), time.monotonic() - began
        assert not any(writer.reading.done() for writer in writers)  # type: ignore[attr-defined]
        for writer in writers:
            writer.close()
        return {name: (spent[name] - before[name]) / seconds for name in spent}

    shares = asyncio.run(stay())
    print(shares)
    assert sum(shares.values()) < 0.10, shares
