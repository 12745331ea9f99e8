"""The test database as its owner sees it."""

from urllib.parse import quote

import psycopg
from django.db import connections
from psycopg import sql

KEPT = ("django_migrations", "django_content_type", "auth_permission")
"""Filled by `migrate`, the same for all tests."""


def connect_as_owner() -> psycopg.Connection:
    """A connection to the test database in the role that owns its tables, in autocommit; close it after use."""
    return psycopg.connect(autocommit=True, **_parameters())


def _parameters() -> dict[str, str]:
    parameters = connections["owner"].get_connection_params()
    return {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if parameters.get(name)}


def empty_all_tables() -> None:
    """Truncate every table that holds rows, and start its numbering again."""
    with connect_as_owner() as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = sorted(name for (name,) in found if name not in KEPT)
        if not tables:
            return
        probe = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(name, sql.Identifier(name)) for name in tables
        )
        filled = [name for (name,) in connection.execute(probe).fetchall()]
        if filled:
            connection.execute("SET lock_timeout = '15s'")  # a test that left a transaction open is told so
            names = sql.SQL(", ").join(map(sql.Identifier, filled))
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))


def database_url(alias: str) -> str:
    """`DATABASE_URL` of a connection, with the name of the test database."""
    facts = connections[alias].settings_dict
    credentials = f"{quote(facts['USER'], safe='')}:{quote(facts['PASSWORD'], safe='')}"
    port = f"&port={facts['PORT']}" if facts["PORT"] else ""
    return f"postgresql://{credentials}@/{facts['NAME']}?host={quote(facts['HOST'], safe='')}{port}"
