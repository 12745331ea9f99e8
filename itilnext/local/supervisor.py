"""`make run`: everything a desk needs, on one machine, stopped together. `python -m itilnext.local.supervisor`."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from itilnext.env import FALSE
from itilnext.local.command import home, wants_local_servers
from itilnext.local.errors import LocalServerError
from itilnext.local.locks import FileLock
from itilnext.local.places import own_folder
from itilnext.local.processes import Deadline, spawn, stop, tail
from itilnext.local.servers import PROJECT, Servers, join
from itilnext.local.static import collect_if_changed

WELCOME = """
ITIL-NEXT is ready at {address}    (after {seconds:.0f} s)
{demo}
Data {home}   Logs {home}/log   Ctrl-C stops everything, the next `make run` finds it again.
"""
DEMO = """
Sign in with one of these; the password of all is itilnext-demo
  mara@itilnext.example    agent, Service Desk          lea@itilnext.example    team lead, Service Desk
  jonas@itilnext.example   agent, Service Desk          sam@itilnext.example    supervisor
  nina@itilnext.example    agent, Network               max@itilnext.example    manager
  admin@itilnext.example   admin ({address}admin/)      aude@itilnext.example   auditor

Try first: open "Customer's mailbox", write a mail to support@itilnext.example, sign in as mara, accept the new ticket
and answer it; then look at the customer's mailbox again. Sign in as jonas and try to accept it too.
"""


class Service:
    """A child process that is started again, after growing pauses, when it ends by itself."""

    def __init__(self, name: str, command: Sequence[str], *, log_folder: Path) -> None:
        self.name, self._command = name, command
        self.log = log_folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._pause, self._started_at, self._start_at = 1.0, 0.0, 0.0

    def start(self) -> None:
        self._process = spawn([sys.executable, *self._command], log=self.log, cwd=PROJECT)
        self._started_at = time.monotonic()

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def watch(self) -> None:
        """Start it again if it has ended and its pause is over; a minute of good work forgets earlier crashes."""
        now = time.monotonic()
        if self._process is not None and self.has_ended:
            self._pause = 1.0 if now - self._started_at > 60 else min(self._pause * 2, 60.0)
            say(f"{self.name} has ended ({tail(self.log, lines=1)}), starting it again in {self._pause:.0f} s")
            self._process, self._start_at = None, now + self._pause
        elif self._process is None and now >= self._start_at:
            self.start()

    def ask_to_end(self) -> None:
        if self._process is not None and not self.has_ended:
            self._process.terminate()

    def end(self, deadline: Deadline) -> None:
        """Wait until it has ended; after the deadline end it and its children by force."""
        if self._process is None:
            return
        while not self.has_ended and not deadline.passed:
            time.sleep(0.05)
        if not self.has_ended:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Supervisor:
    def __init__(self, home: Path, *, port: int) -> None:
        self._home, self._port = home, port
        self._address = f"http://localhost:{port}/"
        self._began_at = time.monotonic()
        self._servers: Servers | None = None
        self._services: list[Service] = []
        self._is_told_to_stop = self._is_started = False

    def run(self) -> None:
        """Start everything, stay until told to stop, stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        alone = FileLock(own_folder(self._home / "servers") / "supervisor")
        if not alone.try_hold():
            raise LocalServerError(f"A desk already runs on {self._home}; stop it, or choose another ITILNEXT_HOME.")
        try:
            self._start()
            self._is_started = True
            while not self._is_told_to_stop:
                time.sleep(0.2)
                for service in self._services:
                    service.watch()
        except Interrupted:
            pass
        finally:
            self._end()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self._is_started and not self._is_told_to_stop:
            self._is_told_to_stop = True
            raise Interrupted  # what is being started waits for many things, none of which is worth finishing
        self._is_told_to_stop = True

    def _start(self) -> None:
        _require_free(self._port)
        os.environ.setdefault("SITE_URL", self._address.rstrip("/"))
        if wants_local_servers():
            say("starting PostgreSQL and Valkey")
            self._servers = join(self._home)
            os.environ |= self._servers.environment
            if self._servers.notice:
                say(self._servers.notice)
        preparing = subprocess.Popen(
            [sys.executable, "-m", "itilnext.local.prepare"], cwd=PROJECT, start_new_session=True
        )
        try:
            if collect_if_changed(self._home / "static", os.environ):
                say("gathered the static files")
            if preparing.wait() != 0:
                raise LocalServerError("The database could not be prepared; the reason stands above.")
        finally:
            stop(preparing)
        self._open()

    def _open(self) -> None:
        say("starting the web server, live events, a worker and beat")
        log_folder = own_folder(self._home / "log")
        web_port, events_port = free_ports(2)
        self._services = [
            Service("web", web_command(web_port), log_folder=log_folder),
            Service("front", front_command(self._port, web_port, events_port), log_folder=log_folder),
            Service("events", events_command(events_port), log_folder=log_folder),
            Service("worker", worker_command(), log_folder=log_folder),
            Service("beat", ["-m", "celery", "-A", "itilnext", "beat"], log_folder=log_folder),
        ]
        web, front, *others = self._services
        for service, port in ((web, web_port), (front, self._port)):
            service.start()
            wait_until_answers(service, port)
        for service in others:  # after the page, which people wait for
            service.start()
        is_demo = (os.environ.get("ITILNEXT_DEMO") or "1").lower() not in FALSE
        demo = DEMO.format(address=self._address) if is_demo else ""
        seconds = time.monotonic() - self._began_at
        print(WELCOME.format(address=self._address, seconds=seconds, demo=demo, home=self._home), flush=True)

    def _end(self) -> None:
        if self._services or self._servers:
            say("stopping")
        deadline = Deadline(20)
        for service in self._services:
            service.ask_to_end()
        for service in self._services:
            service.end(deadline)
        if self._servers is not None:
            self._servers.release()
            say("stopped")


class Interrupted(Exception):
    """Told to stop while still starting."""


def wait_until_answers(service: Service, port: int) -> None:
    """Raises LocalServerError."""
    deadline = Deadline(60)
    while not _answers(f"http://127.0.0.1:{port}/healthz"):
        if service.has_ended or deadline.passed:
            raise LocalServerError(f"The web server did not start ({tail(service.log)}); see {service.log}.")
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody uses now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _number in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def front_command(port: int, web_port: int, events_port: int) -> list[str]:
    return ["-m", "itilnext.local.front", *map(str, (port, web_port, events_port))]


def events_command(port: int) -> list[str]:
    return [
        *("-m", "uvicorn", "itilnext.asgi:application", "--host", "127.0.0.1", "--port", str(port)),
        *("--lifespan", "off", "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "1"),
    ]


def web_command(port: int) -> list[str]:
    cores = os.cpu_count() or 1
    return [
        *("-m", "gunicorn", "itilnext.wsgi", "--config", "python:itilnext.web", "--preload"),
        *("--bind", f"127.0.0.1:{port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", str(min(max(cores, 2), 8)), "--threads", "4"),
        *("--max-requests", "10000", "--max-requests-jitter", "1000", "--timeout", "60", "--graceful-timeout", "10"),
    ]


def worker_command() -> list[str]:
    concurrency = str(min(max(os.cpu_count() or 1, 2), 4))
    return [
        *("-m", "celery", "-A", "itilnext", "worker", "--concurrency", concurrency),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalServerError(f"Port {port} is taken; choose another: make run PORT={port + 1}") from error


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")
    text = os.environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        sys.exit(f"PORT is {text!r}; set it to a number from 1 to 65535.")
    folder = home()
    os.environ["ITILNEXT_HOME"] = str(folder)
    try:
        Supervisor(folder, port=int(text)).run()
    except LocalServerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
