"""Using the servers of a folder: join those that run, or have them started, for as long as one holds on."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from itilnext.local.errors import LocalServerError
from itilnext.local.locks import FileLock, is_held
from itilnext.local.places import own_folder
from itilnext.local.processes import Deadline, tail

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Servers:
    """A hold on running servers; `environment` tells Django where they are."""

    home: Path
    environment: dict[str, str]
    notice: str
    _lock: FileLock

    def release(self, *, patience: float = 60.0) -> None:
        """Let go. If nobody else uses the servers, wait until they have stopped, at most `patience` seconds."""
        was_last = self._lock.try_hold()
        self._lock.close()
        deadline = Deadline(patience)
        while was_last and is_held(self.home / "servers" / "keeper") and not deadline.passed:
            time.sleep(0.05)


def join(home: Path, *, durable: bool = True, with_valkey: bool = True) -> Servers:
    """Hold on to the servers of `home`, started if they do not run. Raises LocalServerError."""
    folder = own_folder(home / "servers")
    if not os.access(folder, os.W_OK):
        raise LocalServerError(f"{home} belongs to another user; choose an ITILNEXT_HOME of your own.")
    users = FileLock(folder / "users")
    users.share()
    starting = FileLock(folder / "starting")
    starting.hold()
    try:
        facts = _running(folder) or _start(home, durable=durable, with_valkey=with_valkey)
    except BaseException:
        users.close()
        raise
    finally:
        starting.close()
    notice = facts.pop("notice")
    return Servers(home, facts, notice, users)


def _running(folder: Path) -> dict[str, str] | None:
    told = folder / "servers.json"
    if not is_held(folder / "keeper"):
        told.unlink(missing_ok=True)
        return None
    return _read(told)


def _read(told: Path) -> dict[str, str] | None:
    try:
        facts: dict[str, str] = json.loads(told.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return facts


def _start(home: Path, *, durable: bool, with_valkey: bool) -> dict[str, str]:
    folder, log = home / "servers", own_folder(home / "log") / "keeper.log"
    failure = folder / "failure"
    failure.unlink(missing_ok=True)
    command = [sys.executable, "-m", "itilnext.local.keeper", str(home)]
    command += [] if durable else ["--not-durable"]
    command += [] if with_valkey else ["--without-valkey"]
    with log.open("ab") as output:
        keeper = subprocess.Popen(  # noqa: S603
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    while (facts := _read(folder / "servers.json")) is None:
        if keeper.poll() is not None:
            told = failure.read_text(encoding="utf-8") if failure.exists() else tail(log)
            raise LocalServerError(told or f"The local servers did not start; see {log}.")
        time.sleep(0.02)
    keeper.returncode = 0  # it outlives us, and Popen need not warn of that
    return facts
