"""What happens to the servers of a test run in bad times."""

import os
import signal
import time
from pathlib import Path

import psycopg
import redis
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from itilnext.local import testing
from tests.database import connect_as_owner, database_url
from tests.scale import IS_FULL

PATIENCE_SECONDS = 120.0


def keep_what_is_committed() -> None:
    """From the next session on, whatever is committed outlives the server, as in production; the suite's own does
    without that.
    """
    with connect_as_owner() as owner:
        name = sql.Identifier(connection.settings_dict["NAME"])
        owner.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))
    connections.close_all()


def lose_database() -> None:
    """By `make soak`, whose tests run one by one, PostgreSQL is stopped at once (`stop -m immediate`) and started
    again. In the suite other processes work with it: there every session with this run's database is ended.
    """
    if IS_FULL and testing.has_cluster:
        _restart_postgres()
    else:
        _end_sessions()
    connections.close_all()


def lose_queue() -> None:
    """Valkey forgets everything; one that the suite was given is not ours to empty."""
    if testing.started:
        redis.Redis.from_url(settings.REDIS_URL).flushall()


def _restart_postgres() -> None:
    """Its keeper starts what has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = _parent_of(cursor.fetchone()[0])
    connections.close_all()
    os.kill(server, signal.SIGQUIT)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{server}").exists() or not _answers():
        assert time.monotonic() < deadline, "PostgreSQL was not started again"
        time.sleep(0.05)


def _parent_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("PPid:")[2].split()[0])


def _answers() -> bool:
    try:
        psycopg.connect(database_url("default")).close()
    except psycopg.OperationalError:
        return False
    return True


def _end_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
