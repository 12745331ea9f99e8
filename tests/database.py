"""The test database: made once for a state of the migrations, copied for each run, emptied after tests that commit."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql
from psycopg._preparing import PrepareManager

TEMPLATE_PREFIX = "template_itilnext_"
KEPT = ("django_migrations", "django_content_type", "auth_permission")
"""Filled by `migrate`, the same for all tests, changed by none."""

SMALL = 1024 * 1024
"""Bytes of a table up to which its rows are deleted: TRUNCATE makes new files for it, its indexes and all that refer to
it, a hundred tables in a tenth of a second.
"""
WITH_PAGES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
RESTART = """
    SELECT setval(seq.seqrelid, seq.seqstart, false)
    FROM pg_sequence seq JOIN pg_depend dep ON dep.objid = seq.seqrelid AND dep.deptype IN ('a', 'i')
    WHERE dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
      AND dep.refobjid <> ALL (SELECT quote_ident(name)::regclass::oid FROM unnest(%s::text[]) name)
"""
"""The numbering of all tables but the ones named; a sequence of no table is never set back."""


class KeptStatements(PrepareManager):
    """Prepares what comes for the second time, and keeps it over a rollback, which is how every test ends.

    psycopg forgets all then, as tables might have been made in between; the application's role makes none.
    """

    prepare_threshold = 1
    prepared_max = 1000

    def _should_discard(self, *args: Any, **more: Any) -> bool:
        return False


_initial_rows: dict[str, bytes] = {}
"""What migrations have put into other tables, as COPY reads it."""


def database_url(alias: str, name: str = "") -> str:
    """`DATABASE_URL` of a connection: of the test database, or of database `name` on the same server."""
    facts = connections[alias].settings_dict
    credentials = f"{quote(facts['USER'], safe='')}:{quote(facts['PASSWORD'], safe='')}"
    port = f"&port={facts['PORT']}" if facts["PORT"] else ""
    return f"postgresql://{credentials}@/{name or facts['NAME']}?host={quote(facts['HOST'], safe='')}{port}"


def keep_statements(connection: BaseDatabaseWrapper, **more: Any) -> None:
    """A receiver of `connection_created`, for the application's connections."""
    if connection.alias == "default":
        connection.connection._prepared = KeptStatements()  # nothing else tells psycopg


def connect_as_owner() -> psycopg.Connection:
    """A connection to the test database in the role that owns its tables, in autocommit; close it after use."""
    return psycopg.connect(database_url("owner"), autocommit=True)


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url("owner", "postgres"), autocommit=True) as connection:
        yield connection


def template_name() -> str:
    """Names the state of the migrations: ours by their text, those of libraries by their version."""
    facts = [path.read_text(encoding="utf-8") for path in sorted(settings.BASE_DIR.glob("[!.]*/**/migrations/*.py"))]
    facts += sorted(f"{package.name}={package.version}" for package in distributions())
    return TEMPLATE_PREFIX + hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def copy_from_template(name: str) -> bool:
    """Make database `name` as a copy of the migrated one; tells whether there was one for this state."""
    template = template_name()
    with _server() as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            return False
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        try:
            server.execute(_copy(template, to=name))
        except psycopg.Error:  # another run copies or drops it at this moment
            return False
        return True


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Within, of all runs and their processes on this server only one: whoever waited finds the template made."""
    with _server() as server:
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE_PREFIX])  # ends with the connection
        yield


def keep_as_template(name: str) -> None:
    """Keep a copy of the just migrated database for later runs, and drop those of older states."""
    connections.close_all()
    template = template_name()
    with _server() as server:
        found = server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{TEMPLATE_PREFIX}%"])
        for (old,) in found.fetchall():
            _try(server, sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
        _try(server, _copy(name, to=template))


def _copy(source: str, *, to: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(to), sql.Identifier(source))


def _try(server: psycopg.Connection, statement: sql.Composed) -> None:
    try:
        server.execute(statement)
    except psycopg.Error:  # another run was faster or is using it; a template only saves time
        return


def remember_initial_rows() -> None:
    """Call once after migrating."""
    with connect_as_owner() as connection:
        for table in _filled_tables(connection):
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                _initial_rows[table] = b"".join(bytes(block) for block in copy)


def empty_all_tables() -> None:
    """Empty every table that holds rows, start its numbering again, and put back what migrations have put in."""
    with connect_as_owner() as connection:
        filled = _filled_tables(connection)
        connection.execute("SET lock_timeout = '15s'")  # a test that left a transaction open is told so
        for attempt in range(5):
            try:
                _empty(connection, filled)
                return
            except psycopg.errors.DeadlockDetected:  # a page that was just left still says good-bye to the server
                if attempt == 4:
                    raise


def _empty(connection: psycopg.Connection, filled: list[str]) -> None:
    with connection.transaction():
        names = sql.SQL(", ").join(map(sql.Identifier, filled))
        if not filled:
            pass  # Django has emptied all, of a test that asks for the owner's connection, too
        elif _are_small(connection, filled) and _passes_walls(connection):
            connection.execute(sql.SQL("LOCK TABLE {}").format(names))  # whoever is about to add rows has done so then
            connection.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(sql.Identifier(n)) for n in filled))
            connection.execute(RESTART, [list(KEPT)])
        else:
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
        for table, rows in _initial_rows.items():
            _put_back(connection, table, rows)


def _are_small(connection: psycopg.Connection, tables: list[str]) -> bool:
    """Of many rows TRUNCATE leaves no traces that others would have to pass over."""
    query = "SELECT max(pg_relation_size(quote_ident(name)::regclass)) FROM unnest(%s::text[]) name"
    return bool(connection.execute(query, [tables]).fetchone()[0] < SMALL)


def _passes_walls(connection: psycopg.Connection) -> bool:
    """Until the transaction ends no trigger fires, if this role may say so: on the cluster that is the suite's own."""
    try:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _filled_tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(WITH_PAGES).fetchall()
    tables = sorted(name for (name,) in found if name not in KEPT)
    probe = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(name, sql.Identifier(name)) for name in tables
    )
    return [name for (name,) in connection.execute(probe).fetchall()] if tables else []


def _put_back(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    name = sql.Identifier(table)
    if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(name)).fetchone():
        return  # was not emptied
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        copy.write(rows)
    columns = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND pg_get_serial_sequence(%s, attname) IS NOT NULL",
        [table, table],
    )
    for (column,) in columns.fetchall():
        statement = sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {}")
        connection.execute(statement.format(sql.Literal(table), sql.Literal(column), sql.Identifier(column), name))
