"""Bulk load: COPY under the role that owns the tables, in one transaction: a broken load leaves nothing behind.

Indexes and foreign keys are taken away for a large load and made again from their own definitions before the commit.
The walls (triggers) are never switched off: the owner wall lets the owning role insert tickets that are owned already.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from psycopg import sql

from desk.load import people, promises, rows
from desk.load.days import Days
from desk.load.producing import blocks
from tickets.models.search import WORDS_OF

OWNER = people.OWNER
TABLES = ("tickets_ticket", "tickets_timelineentry", "tickets_searchdocument")
WITH_PROMISES = (*promises.COLUMNS, "sla_slapolicy")
LARGE = 20_000
"""From so many tickets on it is faster to build the indexes afterwards."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    tickets: int
    entries: int
    seconds: float


def load(
    total: int, *, seed: int, until: datetime, say: Say, long_ticket_entries: int = rows.LONG_TICKET_ENTRIES
) -> Loaded:
    """Add `total` made-up tickets, created in the three years before `until`. Everything or nothing is loaded."""
    began_at = time.monotonic()
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'; SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("LOCK TABLE tickets_referencecounter IN SHARE ROW EXCLUSIVE MODE")
        plan = _plan(cursor, total, seed=seed, until=until, long_ticket_entries=long_ticket_entries)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        removed = _take_away_indexes(cursor) if total >= LARGE else []
        entries = _copy_all(cursor, plan, say, began_at)
        for number, statement in enumerate(removed, 1):
            if number % 5 == 1:
                say(f"index or foreign key {number} of {len(removed)}, {time.monotonic() - began_at:.0f} s")
            cursor.execute(statement)
        _count_on(cursor, plan)
    say("gathering statistics")
    with connections[OWNER].cursor() as cursor:
        for table in (*TABLES, *WITH_PROMISES, "accounts_contact", "accounts_company", "accounts_agent"):
            cursor.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))
    return Loaded(total, entries, time.monotonic() - began_at)


def walls_that_are_down() -> list[str]:
    """Triggers that somebody has disabled; the load leaves none."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O' ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def _plan(cursor: Any, total: int, *, seed: int, until: datetime, long_ticket_entries: int) -> rows.Plan:
    cursor.execute("SELECT prefix, year, last FROM tickets_referencecounter")
    last_numbers = {(prefix, year): last for prefix, year, last in cursor.fetchall()}
    cursor.execute("SELECT coalesce(max(seq), 0) FROM tickets_timelineentry")
    once = f"{seed}:{cursor.fetchone()[0]}"  # a second load of the same seed must not repeat the ids of the first
    return rows.Plan(
        seed=once,
        days=Days.before(until, total),
        queues=people.make_queues(total),
        contacts=people.make_contacts(total, seed=once),
        last_numbers=last_numbers,
        long_ticket_entries=long_ticket_entries,
    )


def _take_away_indexes(cursor: Any) -> list[str]:
    """Drop foreign keys and the indexes that guard nothing; the answer is the statements that bring them back."""
    cursor.execute(
        """
        SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
               format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY conname
        """,
        [list(TABLES)],
    )
    foreign_keys = cursor.fetchall()
    cursor.execute(
        """
        SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
        FROM pg_index WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique ORDER BY indexrelid::regclass::text
        """,
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for removal, _definition in (*foreign_keys, *indexes):
        cursor.execute(removal)
    return [definition for _removal, definition in (*indexes, *foreign_keys)]


def _copy_all(cursor: Any, plan: rows.Plan, say: Say, began_at: float) -> int:
    """Feed all blocks to the server; returns the number of entries."""
    cursor.execute(
        "CREATE TEMPORARY TABLE load_document (ticket_id uuid, team_id uuid, created_at timestamptz, text text)"
        " ON COMMIT DROP"
    )
    named = [(queue.id, name) for queue, name in zip(plan.queues, people.TEAM_NAMES, strict=True)]
    promised = promises.make_promises(named, until=plan.days.until)
    tickets = entries = 0
    next_word = plan.total / 20
    for block in blocks(plan):
        _copy(cursor, "tickets_ticket", rows.TICKET_COLUMNS, block.tickets)
        _copy(cursor, "tickets_timelineentry", rows.ENTRY_COLUMNS, block.entries)
        _copy(cursor, "load_document", rows.DOCUMENT_COLUMNS, block.documents)
        cursor.execute(
            f"""
            INSERT INTO tickets_searchdocument (ticket_id, team_id, created_at, words)
            SELECT ticket_id, team_id, created_at, strip({WORDS_OF % "text"}) FROM load_document;
            TRUNCATE load_document
            """  # noqa: S608  # constants of ours
        )
        promises.copy_promises(cursor, block.open_tickets, promised)
        tickets, entries = tickets + block.ticket_count, entries + block.entry_count
        if tickets >= next_word:
            next_word = tickets + plan.total / 20
            seconds = time.monotonic() - began_at
            say(f"{tickets:,} of {plan.total:,} tickets, {entries:,} entries, {seconds:.0f} s")
    return entries


def _copy(cursor: Any, table: str, columns: tuple[str, ...], text: str) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
        copy.write(text)


def _count_on(cursor: Any, plan: rows.Plan) -> None:
    """Numbers that services give from now on continue behind the loaded ones."""
    days = plan.days
    for year in range(days.first_day.year, days.until.year + 1):
        start = days.first_of_year(year)
        end = days.first_of_year(year + 1) if year < days.until.year else plan.total
        requests = rows.requests_before(end) - rows.requests_before(start)
        for prefix, count in (("REQ", requests), ("INC", end - start - requests)):
            if count:
                cursor.execute(
                    """
                    INSERT INTO tickets_referencecounter AS c (prefix, year, last) VALUES (%s, %s, %s)
                    ON CONFLICT (prefix, year) DO UPDATE SET last = c.last + excluded.last
                    """,
                    [prefix, year, count],
                )
