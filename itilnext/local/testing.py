"""Servers of a test run: one PostgreSQL cluster a checkout, made once and shared; a database and a Valkey each process.

A run in several processes (pytest-xdist) loads the settings in the one that hands out the tests, too: what that one
has started for itself is not what its helpers work with, except the cluster.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from itilnext.local.binaries import find_postgres
from itilnext.local.errors import LocalServerError
from itilnext.local.servers import PROJECT, join
from itilnext.local.valkey import Valkey

PREFIX = "test_itilnext_"
started: list[Valkey] = []
"""The Valkey of this process, if it was started here; a test may kill and start it."""
has_cluster = False
"""Whether PostgreSQL is the suite's own; a test that runs alone may stop it, and its keeper starts it again."""
OWN = "ITILNEXT_TEST_OWN"
"""Environment variable: which variables the process that hands out tests has set for itself, with commas between."""


def provide_servers() -> None:
    """Put the addresses into the environment, starting what it does not name yet. Raises LocalServerError."""
    global has_cluster  # noqa: PLW0603  # told once, while the settings are read
    if "PYTEST_XDIST_WORKER" in os.environ:
        for name in filter(None, os.environ.pop(OWN, "").split(",")):
            os.environ.pop(name, None)
    else:
        os.environ[OWN] = ",".join(name for name in ("ITILNEXT_HOME", "REDIS_URL") if not os.environ.get(name))
    if not os.environ.get("ITILNEXT_HOME"):  # make passes an empty one on
        home = Path(tempfile.mkdtemp(prefix="itilnext-test-"))
        os.environ["ITILNEXT_HOME"] = str(home)
        atexit.register(shutil.rmtree, home, ignore_errors=True)
    if not os.environ.get("DATABASE_URL"):
        cluster = PROJECT / "var" / "test" / f"postgresql-{find_postgres().major}"
        servers = join(cluster, durable=False, with_valkey=False)
        os.environ |= servers.environment
        has_cluster = True
        atexit.register(servers.release, patience=0)
        _drop_left_behind()
    elif not os.environ.get("MIGRATION_DATABASE_URL"):
        raise LocalServerError(
            "DATABASE_URL is set and MIGRATION_DATABASE_URL is not; set both, as two different roles."
        )
    if not os.environ.get("REDIS_URL"):
        folder = Path(tempfile.mkdtemp(prefix="itilnext-"))
        valkey = Valkey(folder, log=folder / "valkey.log")
        valkey.start()
        os.environ["REDIS_URL"] = valkey.url
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        atexit.register(valkey.stop)
        started.append(valkey)


def database_name() -> str:
    """Name of this run's database; several runs at once each have their own."""
    return f"{PREFIX}{os.getpid()}"


def _drop_left_behind() -> None:
    """Drop databases of runs that were killed."""
    with psycopg.connect(os.environ["MIGRATION_DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"]).fetchall()
        for (name,) in found:
            pid = name.removeprefix(PREFIX)
            if pid.isdigit() and not _is_alive(int(pid)):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
