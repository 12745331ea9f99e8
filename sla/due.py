"""Tickets for a sweep: a query names those on which something is due and locks them, first the ticket, then what hangs
on it. Nobody waits: what others have locked is left to the next run, and what another worker has done meanwhile is not
due any more.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

LOCK = "SELECT id FROM tickets_ticket WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"


def take_due(query: str, *, now: datetime, besides: Sequence[UUID], limit: int) -> list[UUID]:
    """Up to so many, locked; `query` has places for the moment, the tickets to leave out, and the limit, in this order.
    Several workers at once never take the same ones.
    """
    return _ids(query, [now, besides, limit])


@transaction.atomic
def see_due(query: str, *, now: datetime, besides: Sequence[UUID], limit: int) -> list[UUID]:
    """As `take_due`, and lets them go at once."""
    return take_due(query, now=now, besides=besides, limit=limit)


def take(ticket_ids: Collection[UUID]) -> list[UUID]:
    """Those of them that nobody works on at this moment, locked."""
    return _ids(LOCK, [list(ticket_ids)])


def _ids(query: str, values: Sequence[Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(dict.fromkeys(ticket_id for (ticket_id,) in cursor))
