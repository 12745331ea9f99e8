"""What brakes look at, counted in one statement of constant text: put together anew for each mail by the models it
took longer than PostgreSQL takes to answer.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection

from connectors.mail.enums import BrakeKind

MAIL = "mail_mailmessage m WHERE m.state IN ('created', 'appended', 'recorded') AND m.entry_id IS NOT NULL"
"""As `connectors.mail.models.ACTED`, so that its partial indexes serve."""
REOPENED = (
    "tickets_timelineentry m WHERE m.kind = 'status_change' AND m.author_type = 'customer'"
    " AND m.facts ->> 'from' = 'resolved'"
)
ANSWER = "tickets_outboundmessage m JOIN tickets_ticket t ON t.id = m.ticket_id WHERE m.kind = 'acknowledgement'"
TEAM = "(SELECT x.team_id FROM mail_mailbox x WHERE x.id = %(id{n})s::uuid)"
SOURCES = {
    BrakeKind.SENDER: (MAIL + " AND m.mailbox_id = %(mailbox)s AND lower(m.from_address) = %(key{n})s", "processed_at"),
    BrakeKind.THREAD: (MAIL + " AND m.mailbox_id = %(mailbox)s AND m.ticket_id = %(id{n})s::uuid", "processed_at"),
    BrakeKind.CONTENT: (MAIL + " AND m.mailbox_id = %(mailbox)s AND m.fingerprint = %(key{n})s", "processed_at"),
    BrakeKind.REOPENING: (REOPENED + " AND m.ticket_id = %(id{n})s::uuid", "created_at"),
    BrakeKind.ANSWERS: (ANSWER + " AND t.requester_id = %(id{n})s::uuid", "created_at"),
    BrakeKind.MAILBOX: (ANSWER + f" AND t.team_id = {TEAM}", "created_at"),
}
BRAKE = "mail_brake b WHERE b.mailbox_id = %(mailbox)s AND b.kind = %(kind{n})s AND b.key = %(key{n})s"
COUNTED = (
    "(SELECT count(*) FROM (SELECT 1 FROM {source} AND m.{moment} >= greatest(%(begin{n})s,"  # noqa: S608  # constants
    f" (SELECT coalesce(b.lifted_at, b.until) FROM {BRAKE})) LIMIT %(most{{n}})s) c)"
)
"""Rows of one key within its window; what an ended brake has counted does not count again."""
HOLDS = f"EXISTS (SELECT FROM {BRAKE} AND b.lifted_at IS NULL AND b.until > %(at)s)"

Asked = tuple[BrakeKind, str, int, timedelta]
"""Kind, key, limit, window."""


def lock_numbers(mailbox_id: UUID, counted: Sequence[tuple[BrakeKind, str]]) -> list[int]:
    """Advisory locks for what is counted, by kind and key. All take sender, content, thread, then others, in this
    order.
    """
    names = [f"brake:{mailbox_id}:{kind.value}:{key}" for kind, key in counted]
    digests = [hashlib.sha256(name.encode()).digest() for name in names]
    return [int.from_bytes(digest[:8], "big", signed=True) for digest in digests]


def lock(mailbox_id: UUID, counted: Sequence[tuple[BrakeKind, str]]) -> None:
    """Take these locks; they end with the transaction."""
    numbers: Any = lock_numbers(mailbox_id, counted)  # django-stubs knows no lists as parameters
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", [numbers])


def looked_up(mailbox_id: UUID, asked: Sequence[Asked], *, at: datetime) -> tuple[list[int], bool]:
    """How many rows each has in its window, no further than its limit, and whether a brake holds for any of them."""
    # A key is text in one place and an id in the other: PostgreSQL gives a parameter one type.
    values: dict[str, Any] = {"mailbox": mailbox_id, "at": at}
    for n, (kind, key, most, window) in enumerate(asked):
        values |= {f"kind{n}": kind.value, f"key{n}": key, f"id{n}": key, f"most{n}": most, f"begin{n}": at - window}
    with connection.cursor() as cursor:
        cursor.execute(_statement(tuple(kind for kind, *_rest in asked)), values)
        row = list(cursor.fetchone() or ())
    return row[: len(asked)], any(row[len(asked) :])


@lru_cache(maxsize=64)
def _statement(kinds: tuple[BrakeKind, ...]) -> str:
    sources = [SOURCES[kind] for kind in kinds]
    counts = [
        COUNTED.format(source=source.format(n=n), moment=moment, n=n) for n, (source, moment) in enumerate(sources)
    ]
    holds = [HOLDS.format(n=n) for n in range(len(kinds))]
    return f"SELECT {', '.join([*counts, *holds])}"
