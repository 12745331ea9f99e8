"""Our own PostgreSQL and Valkey: real servers in folders of their own."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from itilnext.local import binaries
from itilnext.local.errors import LocalServerError
from itilnext.local.servers import Servers, join


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that every account may pass, so that root's servers live in it too."""
    folder = Path(tempfile.mkdtemp(prefix="itilnext-servers-"))
    folder.chmod(0o755)
    yield folder
    end_all_of(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def once_started() -> Iterator[Path]:
    """A home whose PostgreSQL has run before; making one is what takes longest."""
    folder = Path(tempfile.mkdtemp(prefix="itilnext-servers-"))
    folder.chmod(0o755)
    join(folder, durable=False, with_valkey=False).release()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def used_home(home: Path, once_started: Path) -> Path:
    copy(once_started, home)
    return home


def copy(used: Path, home: Path) -> None:
    """With the owners of the files, as root's servers run under another account."""
    home.mkdir(mode=0o755, exist_ok=True)
    subprocess.run(["cp", "-Rp", str(used / "postgres"), str(home)], check=True)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Keeper, PostgreSQL with its children, and Valkey of `folder`."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(str(folder) in part for part in process.cmdline()):
                found += [process, *process.children(recursive=True)]
        except psutil.Error:
            continue
    return found


def end_all_of(folder: Path) -> None:
    """SIGKILL, all at once, as a power cut would."""
    killed = processes_of(folder)
    for process in killed:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(killed, timeout=20)


def execute(servers: Servers, statement: str, *, role: str = "MIGRATION_DATABASE_URL") -> list[tuple[object, ...]]:
    with psycopg.connect(servers.environment[role], autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_data_survive_sigkill_of_everything(used_home: Path) -> None:
    servers = join(used_home)
    execute(servers, "CREATE TABLE note (body text); INSERT INTO note VALUES ('kept')")
    end_all_of(used_home)
    servers.release()

    again = join(used_home)
    assert execute(again, "SELECT body FROM note") == [("kept",)]
    assert redis.Redis.from_url(again.environment["REDIS_URL"]).ping() is True
    again.release()
    assert processes_of(used_home) == []


def test_application_role_owns_nothing_and_may_create_nothing(used_home: Path) -> None:
    servers = join(used_home, durable=False, with_valkey=False)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(servers, "CREATE TABLE own (id int)", role="DATABASE_URL")
    rights = execute(
        servers, "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'itilnext_app'"
    )
    assert rights == [(False, False, False)]
    assert execute(servers, "SELECT current_user", role="DATABASE_URL") == [("itilnext_app",)]
    servers.release()


def test_servers_run_until_the_last_user_lets_go(used_home: Path) -> None:
    first = join(used_home, durable=False)
    second = join(used_home, durable=False)
    assert first.environment == second.environment
    first.release()
    assert execute(second, "SELECT 1") == [(1,)]
    second.release()
    assert processes_of(used_home) == []


def test_a_server_that_is_killed_comes_back(used_home: Path) -> None:
    servers = join(used_home, durable=False)
    client = redis.Redis.from_url(servers.environment["REDIS_URL"])
    os.kill(client.info()["process_id"], signal.SIGKILL)
    assert eventually(lambda: answers(servers))
    servers.release()


def answers(servers: Servers) -> bool:
    try:
        return bool(redis.Redis.from_url(servers.environment["REDIS_URL"]).ping())
    except redis.RedisError:
        return False


def eventually(condition: Callable[[], bool], patience: float = 20.0) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_two_homes_side_by_side(home: Path, once_started: Path) -> None:
    copy(once_started, home / "one")
    copy(once_started, home / "two")
    one, two = join(home / "one", durable=False), join(home / "two", durable=False)
    execute(one, "CREATE TABLE only_here (id int)")
    assert execute(two, "SELECT to_regclass('only_here')") == [(None,)]
    assert one.environment["REDIS_URL"] != two.environment["REDIS_URL"]
    one.release()
    assert execute(two, "SELECT 1") == [(1,)]
    two.release()


def test_a_path_too_long_for_sockets_and_with_odd_letters(home: Path) -> None:
    servers = join(home / ("a désk with spaces & 100% " + "x" * 100), durable=False)
    assert execute(servers, "SELECT 1") == [(1,)]
    assert redis.Redis.from_url(servers.environment["REDIS_URL"]).ping() is True
    servers.release()


def test_folders_of_others_keep_their_permissions(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    before = permissions(closed)

    servers = join(closed / "desk", durable=False, with_valkey=False)

    assert execute(servers, "SELECT 1") == [(1,)]
    assert permissions(closed) == before
    outside = closed / "desk" / "postgres" / "moved-to"
    assert outside.exists() == (os.geteuid() == 0)
    if (
        os.geteuid() == 0
    ):  # the account that PostgreSQL runs as may not pass `closed`: people are told where the data are
        place = outside.read_text(encoding="utf-8").strip()
        assert place in servers.notice
        assert (Path(place) / "data" / "PG_VERSION").exists()
        servers.release()
        again = join(closed / "desk", durable=False, with_valkey=False)
        assert place in again.notice
        again.release()
        shutil.rmtree(place)
    else:
        servers.release()


def permissions(folder: Path) -> dict[Path, int]:
    return {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.parents, Path("/var/lib"))}


def test_leftovers_of_a_killed_first_start_do_no_harm(home: Path) -> None:
    folder = home / "postgres"
    folder.mkdir(mode=0o711)
    folder.chmod(0o711)
    (folder / "data.new").mkdir()
    (folder / "data.new" / "half").touch()
    servers = join(home, durable=False, with_valkey=False)
    assert execute(servers, "SELECT 1") == [(1,)]
    servers.release()


def test_a_mark_whose_process_number_was_given_to_another_is_forgotten(used_home: Path) -> None:
    mark = used_home / "postgres" / "data" / "postmaster.pid"
    mark.write_text(f"{os.getpid()}\n{used_home}\n", encoding="utf-8")
    owner = mark.parent.stat()
    os.chown(mark, owner.st_uid, owner.st_gid)
    (used_home / "postgres" / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n", encoding="utf-8")
    servers = join(used_home, durable=False, with_valkey=False)
    assert execute(servers, "SELECT 1") == [(1,)]
    servers.release()


def test_a_server_whose_keeper_could_not_stop_it_is_stopped_before_the_next_start(used_home: Path) -> None:
    servers = join(used_home, with_valkey=False)
    execute(servers, "CREATE TABLE note (body text); INSERT INTO note VALUES ('kept')")
    server = int((used_home / "postgres" / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
    with psycopg.connect(servers.environment["DATABASE_URL"]) as busy:
        backend = busy.info.backend_pid
        for process in processes_of(used_home):
            if process.pid != backend:
                process.kill()  # a busy backend notices late that its server is gone
        servers.release()
        again = join(used_home, with_valkey=False)
    assert not psutil.pid_exists(server) or psutil.Process(server).status() == psutil.STATUS_ZOMBIE
    assert execute(again, "SELECT body FROM note") == [("kept",)]
    again.release()


def test_programs_that_do_not_work_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITILNEXT_PG_BIN", str(home))
    with pytest.raises(LocalServerError, match=r"^ITILNEXT_PG_BIN names .*; name the bin folder of PostgreSQL 15"):
        binaries.find_postgres()


def test_data_of_another_version_are_not_touched(home: Path) -> None:
    (home / "postgres" / "data").mkdir(parents=True)
    (home / "postgres" / "data" / "PG_VERSION").write_text("12\n", encoding="ascii")
    with pytest.raises(LocalServerError, match=r"^The data were made by PostgreSQL 12, which is not here; set"):
        join(home, durable=False, with_valkey=False)
    assert [path.name for path in (home / "postgres" / "data").iterdir()] == ["PG_VERSION"]
