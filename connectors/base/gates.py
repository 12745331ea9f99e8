"""What all workers share about sending: pauses, the circuit, and how many requests a scope allows at once.

The rows in PostgreSQL are the truth, by its clock; with Valkey emptied or a worker killed nothing is exceeded. Every
statement stands alone: whoever sends is in no transaction, and no lock outlives a statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from connectors.base.failures import HeldBack
from connectors.base.models import Gate
from connectors.base.sentences import Said
from core.models import new_id

OPENS_AFTER = 5
"""Failures in a row that open the circuit (domain.md section 23)."""
OPEN_SECONDS = 60.0
STOPPED_SECONDS = 300.0
"""After our sign-in was refused, or until somebody changes or tests the connection."""
PLACE_SECONDS = 180.0
"""A place of a killed worker is free after that; longer than a request (CONNECTORS_WHOLE_SECONDS) and its sign-in."""
LOOK_AGAIN_SECONDS = 0.05
"""While all places of a scope are taken; twice as long with each look, up to a second."""


@dataclass(frozen=True)
class Way:
    """Where requests of one kind go: an account, and a part of it with its own limits."""

    account: str
    scope: str = ""
    places: int = 0
    """Requests at once within the scope; 0: as many as there are workers."""
    sign_in: str = ""
    """Whose sign-in goes along: where it is refused, others of the same account go on."""
    circuit: str = ""
    """By what its failures are counted; empty: by the account, as all that is sent there."""

    @property
    def counted_by(self) -> str:
        return self.circuit or self.account

    @property
    def scopes(self) -> list[str]:
        return ["", self.scope] if self.scope else [""]


@dataclass(frozen=True)
class Breaker:
    """How the circuit of an account stands, for people."""

    failures: int
    open_until: datetime | None
    paused_until: datetime | None


_LOOK = """
SELECT max(extract(epoch FROM paused_until - clock_timestamp())) FILTER (WHERE paused_until > clock_timestamp()),
       max(extract(epoch FROM open_until - clock_timestamp()))
           FILTER (WHERE open_until > clock_timestamp() AND account IN (%(circuit)s, %(sign_in)s)),
       bool_or(open_until <= clock_timestamp()) FILTER (WHERE account = %(circuit)s AND scope = '')
FROM connections_gate
WHERE account = %(account)s AND scope = ANY(%(scopes)s) OR account IN (%(circuit)s, %(sign_in)s) AND scope = ''
"""
_TRY_FOR_ALL = """
UPDATE connections_gate SET open_until = clock_timestamp() + make_interval(secs => %s)
WHERE account = %s AND scope = '' AND open_until <= clock_timestamp()
"""
_TAKE = """
UPDATE connections_place SET taken_by = %s, taken_until = clock_timestamp() + make_interval(secs => %s)
WHERE id = (
    SELECT id FROM connections_place
    WHERE account = %s AND scope = %s AND number < %s AND (taken_until IS NULL OR taken_until <= clock_timestamp())
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
)
"""
_ADD_PLACES = """
INSERT INTO connections_place (account, scope, number)
SELECT %(account)s::text, %(scope)s::text, wanted FROM generate_series(0, %(last)s::int) wanted
WHERE NOT EXISTS (
    SELECT FROM connections_place
    WHERE account = %(account)s::text AND scope = %(scope)s::text AND number = wanted
)
ON CONFLICT DO NOTHING
"""
_GIVE_BACK = "UPDATE connections_place SET taken_by = NULL, taken_until = NULL WHERE taken_by = %s"
_PAUSE = """
INSERT INTO connections_gate AS kept (account, scope, failures, paused_until)
VALUES (%s, %s, 0, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (account, scope) DO UPDATE SET paused_until = greatest(kept.paused_until, excluded.paused_until)
"""
_COUNT = """
INSERT INTO connections_gate AS kept (account, scope, failures) VALUES (%(account)s, '', 1)
ON CONFLICT (account, scope) DO UPDATE SET
    failures = kept.failures + 1,
    open_until = CASE WHEN kept.failures + 1 >= %(most)s
        THEN clock_timestamp() + make_interval(secs => %(seconds)s) ELSE kept.open_until END
"""
_STOP = """
INSERT INTO connections_gate AS kept (account, scope, failures, open_until)
VALUES (%s, '', 0, clock_timestamp() + make_interval(secs => %s))
ON CONFLICT (account, scope) DO UPDATE SET open_until = excluded.open_until
"""
_CLOSE = """
UPDATE connections_gate SET failures = 0, open_until = NULL
WHERE account = %s AND scope = '' AND (failures > 0 OR open_until IS NOT NULL)
"""


def look(way: Way, *, tries: bool = True) -> None:
    """Whether a request may go this way now. Raises HeldBack with the seconds to wait.

    Once the circuit has been open long enough the first to ask may go, for all; the others are told to wait for it.
    `tries`: whether who asks is that one; not where it will not be known how it went.
    """
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"account": way.account, "scopes": way.scopes, "sign_in": way.sign_in}
        cursor.execute(_LOOK, {**asked, "circuit": way.counted_by})
        pause, is_open, was_open = cursor.fetchone()
        if is_open:
            raise HeldBack(Said("held_open"), pause=float(is_open))
        if pause:
            raise HeldBack(Said("held_pause"), pause=float(pause))
        if was_open and tries:
            cursor.execute(_TRY_FOR_ALL, [PLACE_SECONDS, way.counted_by])
            if not cursor.rowcount:
                raise HeldBack(Said("held_open"), pause=1.0)


@contextmanager
def place(way: Way) -> Iterator[None]:
    """One of the requests that the scope allows at once. Raises HeldBack while all are on their way."""
    if not way.places:
        yield
        return
    holder = _taken(way)
    if holder is None:
        raise HeldBack(Said("held_full"), pause=LOOK_AGAIN_SECONDS)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, [holder])


def _taken(way: Way) -> UUID | None:
    holder = new_id()
    values: list[Any] = [holder, PLACE_SECONDS, way.account, way.scope, way.places]
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        if not cursor.rowcount:
            cursor.execute(_ADD_PLACES, {"account": way.account, "scope": way.scope, "last": way.places - 1})
            if cursor.rowcount:
                cursor.execute(_TAKE, values)
        return holder if cursor.rowcount else None


def pause(account: str, scope: str, *, seconds: float) -> None:
    """Nothing goes there for so long, from whichever worker; a longer pause stays as it is."""
    with connection.cursor() as cursor:
        cursor.execute(_PAUSE, [account, scope, seconds])


def count_failure(account: str) -> None:
    """The other side has failed once more; after `OPENS_AFTER` in a row, or when the one that tried for all has failed,
    the circuit opens.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"account": account, "most": OPENS_AFTER, "seconds": OPEN_SECONDS})


def sign_in_of(connection_id: UUID) -> str:
    """Name of the gate that stands before one connection alone; no account is called like it."""
    return f"connection:{connection_id}"


def stop(sign_in: str) -> None:
    """Nothing is sent with it for a while: it would be refused like the last time."""
    with connection.cursor() as cursor:
        cursor.execute(_STOP, [sign_in, STOPPED_SECONDS])


def reopen(account: str, sign_in: str = "") -> None:
    """Somebody has changed something, or wants to know: pauses that the other side has asked for stay."""
    count_success(account)
    if sign_in:
        count_success(sign_in)


def count_success(account: str) -> None:
    """It answers: the circuit closes, and failures are counted from the beginning. Writes only where that changes
    something.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [account])


def breakers(accounts: list[str]) -> dict[str, Breaker]:
    """By account; those that nothing has ever gone wrong with are missing."""
    rows = Gate.objects.filter(account__in=accounts, scope="")
    return {row.account: Breaker(row.failures, row.open_until, row.paused_until) for row in rows}
