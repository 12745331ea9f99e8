"""`make run`, without the installation: one command starts a desk, one signal ends it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

COMMAND = [sys.executable, "-m", "itilnext.local.supervisor"]
Desk = subprocess.Popen[str]
SERVERS_OF_THE_TEST = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="itilnext-run-"))
    folder.chmod(0o755)
    yield folder
    for process in processes_of(folder):
        process.kill()
    shutil.rmtree(folder)


@pytest.fixture
def start(home: Path, port: int) -> Iterator[Callable[..., Desk]]:
    """Start a desk on `home` and wait until it says `until`: that it is ready."""
    started: list[Desk] = []

    def run(until: str = f"ready at http://localhost:{port}/") -> Desk:
        desk = subprocess.Popen(
            COMMAND, cwd=settings.BASE_DIR, env=environment(home, port), stdout=subprocess.PIPE, text=True
        )
        started.append(desk)
        assert desk.stdout is not None
        said = []
        for line in desk.stdout:
            said.append(line)
            if until in line:
                return desk
        pytest.fail("".join(said))

    yield run
    for desk in started:
        desk.kill()
        desk.wait()
        if desk.stdout is not None:
            desk.stdout.close()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, port: int | str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in SERVERS_OF_THE_TEST}
    return {**kept, "ITILNEXT_HOME": str(home), "PORT": str(port), "ITILNEXT_DEMO": "0", "PYTHONUNBUFFERED": "1"}


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that was started for `home`, known by its environment or command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and (
                process.environ().get("ITILNEXT_HOME") == str(home) or str(home) in " ".join(process.cmdline())
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until_gone(home: Path, patience: float = 40.0) -> list[psutil.Process]:
    end = time.monotonic() + patience
    while (left := processes_of(home)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def test_the_next_start_recovers_from_sigkill_and_a_signal_ends_every_process(
    home: Path, port: int, start: Callable[..., Desk]
) -> None:
    desk = start()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        assert answer.status == 200
    names = {part for process in processes_of(home) for part in process.cmdline()}
    assert {"gunicorn", "uvicorn", "itilnext.local.front", "worker", "beat"} <= names
    second = subprocess.run(
        COMMAND, cwd=settings.BASE_DIR, env=environment(home, port + 1), capture_output=True, text=True, check=False
    )
    assert (second.returncode, "already runs on" in second.stderr) == (1, True)
    desk.kill()  # its children notice by themselves
    desk.communicate()
    assert wait_until_gone(home) == []

    desk = start()
    for process in processes_of(home):
        process.kill()
    desk.communicate()

    desk = start()
    _ends_by(signal.SIGINT, desk, home)
    desk = start(until="migrating the database")
    _ends_by(signal.SIGTERM, desk, home)


def _ends_by(number: signal.Signals, desk: Desk, home: Path) -> None:
    desk.send_signal(number)
    output, _ = desk.communicate(timeout=60)
    assert desk.returncode == 0
    assert "stopped" in output
    assert processes_of(home) == []


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT is 'eighty'; set it to a number from 1 to 65535."),
        ({"REDIS_URL": "redis://queue"}, "Of DATABASE_URL and REDIS_URL only REDIS_URL is set; set both, or neither."),
    ],
)
def test_nonsense_ends_with_one_sentence(home: Path, setting: dict[str, str], sentence: str) -> None:
    done = subprocess.run(
        COMMAND,
        cwd=settings.BASE_DIR,
        env={**environment(home, 1), "PORT": "18999", **setting},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, f"{sentence}\n")


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            COMMAND, cwd=settings.BASE_DIR, env=environment(home, port), capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Port {port} is taken; choose another: make run PORT={port + 1}\n"
