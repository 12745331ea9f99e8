"""A PostgreSQL cluster of our own: one database, a role that owns it, and one for the application that owns nothing."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from itilnext.local.binaries import find_postgres
from itilnext.local.errors import LocalServerError
from itilnext.local.places import LONGEST_SOCKET, Place, give_to, own_folder, settle
from itilnext.local.processes import Deadline, spawn, stop, tail
from itilnext.local.secrets import kept_passwords

ADMIN, OWNER, APPLICATION = "itilnext_admin", "itilnext_owner", "itilnext_app"
DATABASE = "itilnext"
PORT = 5432
"""Part of the socket's name; nothing listens on a network port."""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}
SYNC_AT_ONCE = {"recovery_init_sync_method": "syncfs"}
"""After a crash: one call instead of one for each file, which took seconds."""
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10min"}
"""For tests only: a crash of the machine loses the cluster."""


class Cluster:
    """The cluster of `home`. `start` makes it if needed; the process is a child of the caller."""

    def __init__(self, home: Path, *, durable: bool) -> None:
        self._home, self._durable = home, durable
        self._log = own_folder(home / "log") / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._short_folder: Path | None = None
        self.place: Place

    def start(self) -> None:
        """Start the server and wait until it answers. Raises LocalServerError."""
        self.place = settle(self._home, find_postgres(data_major(self._home)))
        self._data = self.place.folder / "data"
        self._passwords = kept_passwords(self._home / "postgres" / "passwords.json", [ADMIN, OWNER, APPLICATION])
        if not self._data.is_dir():
            self._make()
        self._stop_stray()
        self._sockets = self._socket_folder()
        options = (
            SETTINGS
            | (SYNC_AT_ONCE if sys.platform == "linux" else {})
            | ({} if self._durable else NOT_DURABLE)
            | {"unix_socket_directories": str(self._sockets)}
        )
        command = [self.place.postgres.program("postgres"), "-D", str(self._data), "-p", str(PORT)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT is PostgreSQL's fast shutdown: it ends sessions and writes a checkpoint.
        self._process = spawn(
            command, log=self._log, cwd=self.place.folder, death_signal=signal.SIGINT, account=self.place.account
        )
        self._wait_until_it_answers(self._process)
        self._ensure_roles()

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process, first=signal.SIGINT, patience=60)
        if self._short_folder is not None:
            shutil.rmtree(self._short_folder, ignore_errors=True)

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def url(self, role: str, database: str = DATABASE) -> str:
        password = quote(self._passwords[role], safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self._sockets), safe='')}&port={PORT}"

    def _make(self) -> None:
        """Make the cluster aside and move it into place whole, so that being killed meanwhile harms nothing."""
        draft = self.place.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        give_to(draft, self.place.account)
        password_file = self.place.folder / "password"
        password_file.touch(mode=0o600)
        give_to(password_file, self.place.account)
        password_file.write_text(self._passwords[ADMIN], encoding="utf-8")
        try:
            self._initdb(draft, password_file)
        finally:
            password_file.unlink()
        draft.rename(self._data)

    def _initdb(self, folder: Path, password_file: Path) -> None:
        if self.place.postgres.major >= 17:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            locale = ["--locale=C.UTF-8"]
        command = [self.place.postgres.program("initdb"), "-D", str(folder), "-U", ADMIN, "--encoding=UTF8", *locale]
        command += ["--auth=scram-sha-256", f"--pwfile={password_file}", *([] if self._durable else ["--no-sync"])]
        process = spawn(command, log=self._log, cwd=self.place.folder, account=self.place.account)
        if process.wait() != 0:
            raise LocalServerError(f"initdb failed ({tail(self._log)}); see {self._log}.")

    def _stop_stray(self) -> None:
        """Stop what a killed run has left behind, and forget its marks.

        PostgreSQL refuses to start on a mark whose process number is taken, be it by somebody else or by a dead process
        that nobody has collected yet. Only when nothing works on the data any more may the marks go.
        """
        mark = self._data / "postmaster.pid"
        server = int(mark.read_text(encoding="utf-8").split("\n", 1)[0]) if mark.exists() else 0
        deadline = Deadline(30)
        while left := _processes_on(self._data, server):
            if deadline.passed:
                raise LocalServerError(f"Processes {left} hold {self._data} and do not end; end them.")
            for pid in [server] if server in left else left:
                _send(pid, signal.SIGINT if pid == server else signal.SIGQUIT)
            time.sleep(0.1)
        for file in (mark, *(self.place.folder / "run").glob(".s.PGSQL.*")):
            file.unlink(missing_ok=True)

    def _socket_folder(self) -> Path:
        folder = self.place.folder / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) > LONGEST_SOCKET:
            folder = self._short_folder = Path(tempfile.mkdtemp(prefix="itilnext-"))
        own_folder(folder)
        give_to(folder, self.place.account)
        return folder

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = Deadline(300)  # after a crash it may have much to replay
        while True:
            try:
                psycopg.connect(self.url(ADMIN, "postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if process.poll() is not None or deadline.passed:
                    stop(process)
                    raise LocalServerError(f"PostgreSQL did not start ({tail(self._log)}); see {self._log}.") from error
            time.sleep(0.05)

    def _ensure_roles(self) -> None:
        with psycopg.connect(self.url(ADMIN, "postgres"), autocommit=True) as connection:
            for role, rights in ((OWNER, "LOGIN CREATEDB"), (APPLICATION, "LOGIN")):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    statement = sql.SQL("CREATE ROLE {} " + rights + " PASSWORD {}")
                    connection.execute(statement.format(sql.Identifier(role), self._passwords[role]))
            if not self._durable:  # the suite empties tables row by row, which their walls refuse (tests/database.py)
                grant = sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}")
                connection.execute(grant.format(sql.Identifier(OWNER)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))


def data_major(home: Path) -> int | None:
    """Version of PostgreSQL that made the data of `home`; None if there are none."""
    inside = home / "postgres"
    pointer = inside / "moved-to"
    folder = Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else inside
    mark = folder / "data" / "PG_VERSION"
    return int(mark.read_text(encoding="utf-8")) if mark.exists() else None


def _processes_on(data: Path, server: int) -> list[int]:
    """Numbers of the processes that work on `data`; where /proc does not tell, at most the one named `server`."""
    proc = Path("/proc")
    if (proc / "self" / "cwd").exists():
        return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit() and _works_in(entry, data)]
    command = ["ps", "-o", "command=", "-p", str(server)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return [server] if server and str(data) in listed.stdout else []


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink() == folder
    except OSError:  # ended meanwhile, or of another account
        return False


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
