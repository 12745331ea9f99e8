"""Real processes on the test database: the web server, and workers that may be killed."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from itilnext.local.processes import spawn, stop, tail
from itilnext.local.static import collect_if_changed
from itilnext.local.supervisor import events_command, free_ports, front_command
from tests.database import database_url

STATIC_ROOT = settings.BASE_DIR / "var" / "test" / "static"
WORKER = ["-m", "celery", "-A", "itilnext", "worker", "--pool", "solo", "--without-gossip", "--without-mingle"]

KEEPS_CONNECTIONS = {"LIVE_CONN_MAX_AGE": "60"}
"""As the web server does in production: a new connection costs more than most answers."""


@dataclass
class Worker:
    """A queue worker in a process of its own."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_killed(self, patience: float = 60.0) -> None:
        """Wait until it has died by SIGKILL, as it does at the step named by `kill_at`."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the worker was not killed within {patience:.0f} s: {tail(self.log, lines=5)}")
        assert code == -signal.SIGKILL, tail(self.log, lines=10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        stop(self.process)


def live_environment(**more: str) -> dict[str, str]:
    """Environment of a process on the test database: same servers, same data, `itilnext.settings.live`."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "itilnext.settings.live",
        "DATABASE_URL": database_url("default"),
        "MIGRATION_DATABASE_URL": database_url("owner"),
        "ITILNEXT_HOME": str(settings.ITILNEXT_HOME),
        "ITILNEXT_STATIC_ROOT": str(STATIC_ROOT),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@pytest.fixture
def celery_worker_process(transactional_db: None, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start real workers: `worker = celery_worker_process(kill_at="mail.intake.raw_stored")`.

    Without beat: wake it with the task itself, or by what the code under test sends. All are stopped after the test.
    """
    workers: list[Worker] = []

    def start(*, kill_at: str = "") -> Worker:
        log = tmp_path / f"worker-{len(workers)}.log"
        environment = live_environment(KILL_AT=kill_at)
        process = spawn([sys.executable, *WORKER], log=log, cwd=settings.BASE_DIR, environment=environment)
        workers.append(Worker(process, log))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


class Site:
    """Web server and events process behind the front of `make run`: one origin."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = live_environment()
        port, web_port, events_port = free_ports(3)
        self.address = f"http://127.0.0.1:{port}"
        web = ["-m", "gunicorn", "itilnext.wsgi", "--config", "python:itilnext.web", "--no-control-socket"]
        web += ["--bind", f"127.0.0.1:{web_port}", "--workers", "1", "--worker-class", "gthread", "--threads", "16"]
        self._commands = {
            "web": (web_port, web),
            "events": (events_port, events_command(events_port)),
            "front": (port, front_command(port, web_port, events_port)),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start one of `web`, `events` and `front`, and wait until it answers."""
        port, command = self._commands[name]
        log = self._folder / f"{name}.log"
        environment = self._environment | (KEEPS_CONNECTIONS if name == "web" else {})
        process = spawn([sys.executable, *command], log=log, cwd=settings.BASE_DIR, environment=environment)
        self.processes[name] = process
        wait_for(f"http://127.0.0.1:{port}/healthz", process, log)

    def stop(self, name: str) -> None:
        stop(self.processes.pop(name))


@pytest.fixture(scope="session")
def site_processes(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("web"))
    collect_if_changed(STATIC_ROOT, live_environment())
    try:
        for name in ("web", "events", "front"):
            site.start(name)
        yield site
    finally:
        for name in ("front", "events", "web"):
            if name in site.processes:
                site.stop(name)


@pytest.fixture
def live_site(transactional_db: None, site_processes: Site) -> str:
    """Address of a real web server (gunicorn, hashed static files) on the test database; it sees what is committed."""
    connections.close_all()
    return site_processes.address


@pytest.fixture
def events_away(live_site: str, site_processes: Site) -> Iterator[Callable[[bool], None]]:
    """End the events process by `events_away(True)`, start it again by `events_away(False)`."""

    def be_away(is_away: bool) -> None:
        site_processes.stop("events") if is_away else site_processes.start("events")

    yield be_away
    if "events" not in site_processes.processes:
        site_processes.start("events")


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the web server does not answer: {tail(log, lines=10)}")
