"""The measured desk: its servers, its filled database, its web process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from itilnext.local.places import own_folder
from itilnext.local.processes import spawn, stop, tail
from itilnext.local.servers import PROJECT, join
from itilnext.local.static import collect_if_changed
from itilnext.local.supervisor import web_command

FOLDER = PROJECT / "var" / "bench"
STATEMENTS = FOLDER / "statements"


@contextmanager
def servers(tickets: int, *, kind: str = "") -> Iterator[None]:
    """PostgreSQL (with fsync) and Valkey of a folder for this kind and size, and Django on them in this process."""
    home = FOLDER / f"{kind}{tickets}"
    held = join(home)
    os.environ |= held.environment | {
        "ITILNEXT_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "BENCH_STATEMENTS": str(own_folder(STATEMENTS)),
    }
    try:
        import django  # the settings read the environment made above

        django.setup()
        yield
    finally:
        held.release()


def fill(tickets: int) -> None:
    """Bring the database up to date and to the size asked for; a filled one is used again."""
    from django.core.management import call_command  # as above

    from tickets.models import Ticket

    call_command("migrate", verbosity=0)
    missing = tickets - Ticket.objects.filter(channel="email").count()
    if missing > tickets // 100:
        call_command("seed_load", "--tickets", str(missing))


@contextmanager
def web() -> Iterator[int]:
    """The web process as `make run` starts it; the answer is its port."""
    environment = dict(os.environ)
    home = Path(environment["ITILNEXT_HOME"])
    collect_if_changed(home / "static", environment)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = home / "log" / "web.log"
    process = spawn([sys.executable, *web_command(port)], log=log, cwd=PROJECT, environment=environment)
    try:
        _wait(port, process, log)
        yield port
    finally:
        stop(process)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The web process does not answer: {tail(log, lines=10)}")
