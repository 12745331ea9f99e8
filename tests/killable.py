"""Processes that may be killed, forked from one that has everything loaded: a kill test costs no start of Python.

`python -m tests.killable` reads orders as JSON lines ({"now", "kill_at", "home"}), lets a child run all timers in that
moment, and answers with the child's exit code and what it wrote; -9 is SIGKILL. With {"call", "args"} it does what a
request does instead.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.live import live_environment


@dataclass
class Ended:
    returncode: int
    output: str


class Killable:
    """One pass over everything that is due, in a process that shares only database, queue and files with the test."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run_timers(self, home: Path, *, now: datetime, kill_at: str = "") -> Ended:
        return self._order({"now": now.isoformat(), "kill_at": kill_at, "home": str(home)})

    def call(self, home: Path, call: str, *args: str, kill_at: str = "") -> Ended:
        """`module:function` with these arguments, as a request would call it."""
        return self._order({"call": call, "args": args, "kill_at": kill_at, "home": str(home)})

    def _order(self, order: dict[str, Any]) -> Ended:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ValueError("the process has no pipes")
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            pytest.fail("the process that makes killable ones has ended")
        return Ended(**json.loads(answer))


@pytest.fixture(scope="session")
def killable(django_db_setup: None) -> Iterator[Killable]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killable"],
        cwd=settings.BASE_DIR,
        env=live_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Killable(process)
    process.communicate(timeout=60)  # it may be loading still


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as output:
            pid = os.fork()
            if pid == 0:
                _child(json.loads(line), output.fileno())
            _pid, status = os.waitpid(pid, 0)
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        print(json.dumps({"returncode": os.waitstatus_to_exitcode(status), "output": text}), flush=True)


def _child(order: dict[str, Any], output: int) -> None:
    """Does the work and ends without returning, as its parent goes on reading orders."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    code = 1
    try:
        settings.KILL_AT = order["kill_at"]
        settings.MAIL_ROOT = Path(order["home"]) / "mail"
        settings.EMAIL_FILE_PATH = str(settings.MAIL_ROOT)
        code = _call(order) if "call" in order else _run_timers(order)
    finally:
        sys.stdout.flush()
        os._exit(code)


def _call(order: dict[str, Any]) -> int:
    module, _, function = order["call"].partition(":")
    getattr(import_module(module), function)(*order["args"])
    return 0


def _run_timers(order: dict[str, Any]) -> int:
    from core import timers

    run = timers.run_all(now=datetime.fromisoformat(order["now"]))
    print(run.counts, run.failed, flush=True)
    return len(run.failed)


if __name__ == "__main__":
    main()
