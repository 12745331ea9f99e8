"""The tickets a person has opened last, and how far they have read each: kept in the cache, so that opening one costs
no statement.
"""

from uuid import UUID

from django.core.cache import cache

from accounts.models import Agent
from tickets.models import Ticket

SHOWN = 10
KEPT = 15
"""More than are shown, as some may go out of sight."""
KEPT_SECONDS = 60 * 24 * 3600


def _key(agent: Agent) -> str:
    return f"recent-tickets:{agent.pk}"


def _ids(agent: Agent) -> list[str]:
    found = cache.get(_key(agent))
    return list(found) if isinstance(found, list) else []


def note_opened(agent: Agent, ticket: Ticket) -> None:
    """Put the ticket first. Of two pages opened in the same moment, one may be forgotten."""
    ids, opened = _ids(agent), str(ticket.pk)
    if ids[:1] != [opened]:
        cache.set(_key(agent), [opened, *(other for other in ids if other != opened)][:KEPT], KEPT_SECONDS)


def read_until(agent: Agent, ticket: Ticket) -> int | None:
    """`seq` of the newest entry that stood on a page this person has opened; None for a first visit, or a forgotten
    one.
    """
    found = cache.get(_read_key(agent, ticket))
    return found if isinstance(found, int) else None


def note_read(agent: Agent, ticket: Ticket, seq: int, *, before: int | None) -> None:
    if seq > (before or 0):
        cache.set(_read_key(agent, ticket), seq, KEPT_SECONDS)


def _read_key(agent: Agent, ticket: Ticket) -> str:
    return f"read-until:{agent.pk}:{ticket.pk}"


def recent_tickets(agent: Agent) -> list[Ticket]:
    """The last opened first, as far as they are still in sight. One query."""
    ids = [UUID(kept) for kept in _ids(agent)]
    seen = Ticket.objects.visible_to(agent).for_rows().in_bulk(ids) if ids else {}
    return [seen[found] for found in ids if found in seen][:SHOWN]
