"""A Valkey of our own, on a socket. It keeps nothing on disk: the database rows are the truth, the queue only wakes."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import redis

from itilnext.local.binaries import find_valkey
from itilnext.local.errors import LocalServerError
from itilnext.local.places import LONGEST_SOCKET, own_folder
from itilnext.local.processes import Deadline, spawn, stop, tail


class Valkey:
    """Valkey in `folder`; the process is a child of the caller."""

    def __init__(self, folder: Path, *, log: Path) -> None:
        self._folder, self._log = folder, log
        self._process: subprocess.Popen[bytes] | None = None
        self._short_folder: Path | None = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises LocalServerError."""
        own_folder(self._folder)
        self._socket = self._folder / "valkey.sock"
        if len(os.fsencode(self._socket)) > LONGEST_SOCKET:
            if self._short_folder is None:
                self._short_folder = Path(tempfile.mkdtemp(prefix="itilnext-"))
            self._socket = self._short_folder / "valkey.sock"
        command = [find_valkey(), "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        command += ["--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"]
        self._process = spawn(command, log=self._log, cwd=self._folder)
        deadline = Deadline(20)
        while not self._answers():
            if self._process.poll() is not None or deadline.passed:
                stop(self._process)
                raise LocalServerError(f"Valkey did not start ({tail(self._log)}); see {self._log}.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process)
        if self._short_folder is not None:
            shutil.rmtree(self._short_folder, ignore_errors=True)

    def kill(self) -> None:
        """End it as a crash would; for tests."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}?db=0"

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=2)
        try:
            return (
                bool(client.ping()) and self._process is not None and self._process.pid == client.info()["process_id"]
            )
        except redis.RedisError:
            return False
        finally:
            client.close()
