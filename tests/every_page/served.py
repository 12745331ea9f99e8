"""A fresh furnished demo desk, served as `make run` serves it, for pictures and for measuring; ended afterwards."""

import os
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from subprocess import Popen
from typing import TYPE_CHECKING

from itilnext.local.places import own_folder
from itilnext.local.processes import spawn, stop, tail
from itilnext.local.servers import PROJECT, join
from itilnext.local.supervisor import free_ports

if TYPE_CHECKING:
    from tests.every_page.furnishing import Places

PATIENCE = 120


@dataclass(frozen=True)
class Served:
    address: str
    places: "Places"


@contextmanager
def demo_desk(home: Path) -> Iterator[Served]:
    """Everything below `home`, which is emptied first. Sets Django of this process up on it: once a process."""
    rmtree(home, ignore_errors=True)
    own_folder(home)
    (port,) = free_ports(1)
    address = f"http://localhost:{port}"
    os.environ |= {"ITILNEXT_HOME": str(home), "ITILNEXT_DEMO": "1", "PORT": str(port), "SITE_URL": address}
    os.environ["DJANGO_SETTINGS_MODULE"] = "itilnext.settings.dev"
    held = join(home)
    os.environ |= held.environment
    try:
        import django  # the settings read the environment made above

        django.setup()
        from django.core.management import call_command

        from tests.every_page.furnishing import furnish

        call_command("migrate", verbosity=0)
        places = furnish()
        log = own_folder(home / "log") / "run.log"
        process = spawn([sys.executable, "-m", "itilnext.local.supervisor"], log=log, cwd=PROJECT)
        try:
            _wait_until_at_work(address, process, log)
            yield Served(address, places)
        finally:
            stop(process, patience=60)
    finally:
        held.release()


def _wait_until_at_work(address: str, process: Popen[bytes], log: Path) -> None:
    """Until it answers and the mails of today are delivered."""
    from tickets.models import OutboundMessage  # as above

    for _attempt in range(PATIENCE * 5):
        if process.poll() is not None:
            break
        if _answers(address) and not OutboundMessage.objects.filter(status="queued").exists():
            return
        time.sleep(0.2)
    raise RuntimeError(f"The demo desk does not get to work: {tail(log, lines=10)}")


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
    except OSError:
        return False
    return True
