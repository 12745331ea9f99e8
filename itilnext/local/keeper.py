"""The process that keeps the servers of a folder: `python -m itilnext.local.keeper HOME`.

Every user of the servers shares the lock `users`. When nobody holds it any more, because all have ended or were killed,
the keeper holds it alone, stops the servers and ends. Who comes meanwhile waits for the lock, finds no keeper and
starts one.
"""

import argparse
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from itilnext.local.errors import LocalServerError
from itilnext.local.locks import FileLock
from itilnext.local.postgres import APPLICATION, OWNER, Cluster
from itilnext.local.valkey import Valkey

logger = logging.getLogger(__name__)

PULSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0


class Keeper:
    def __init__(self, home: Path, *, durable: bool, with_valkey: bool) -> None:
        self._folder = home / "servers"
        self._cluster = Cluster(home, durable=durable)
        self._valkey = Valkey(self._folder, log=home / "log" / "valkey.log") if with_valkey else None
        self._is_told_to_stop = False
        self._pause = 1.0

    def run(self) -> None:
        """Start the servers, tell their addresses, and stay until nobody uses them any more."""
        alone = FileLock(self._folder / "keeper")
        if not alone.try_hold():
            raise LocalServerError(f"Another process keeps the servers in {self._folder}.")
        users = FileLock(self._folder / "users")
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            self._start()
            while not self._is_told_to_stop and not users.try_hold():
                time.sleep(PULSE_SECONDS)
                self._restart_what_has_ended()
        finally:
            (self._folder / "servers.json").unlink(missing_ok=True)
            if self._valkey is not None:
                self._valkey.stop()
            self._cluster.stop()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_told_to_stop = True

    def _start(self) -> None:
        self._cluster.start()
        if self._valkey is not None:
            self._valkey.start()
        self._tell()

    def _tell(self) -> None:
        facts = {
            "DATABASE_URL": self._cluster.url(APPLICATION),
            "MIGRATION_DATABASE_URL": self._cluster.url(OWNER),
            "notice": self._cluster.place.notice,
        }
        if self._valkey is not None:
            facts["REDIS_URL"] = self._valkey.url
        draft = self._folder / "servers.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(facts), encoding="utf-8")
        draft.rename(self._folder / "servers.json")

    def _restart_what_has_ended(self) -> None:
        ended = [server for server in (self._cluster, self._valkey) if server is not None and server.has_ended]
        if not ended:
            return
        logger.warning("a server has ended and is started again in %s s", self._pause)
        time.sleep(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        for server in ended:
            server.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--not-durable", action="store_true")
    parser.add_argument("--without-valkey", action="store_true")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    os.umask(0o077)
    try:
        Keeper(options.home, durable=not options.not_durable, with_valkey=not options.without_valkey).run()
    except LocalServerError as error:
        (options.home / "servers" / "failure").write_text(str(error), encoding="utf-8")
        sys.exit(str(error))


if __name__ == "__main__":
    main()
