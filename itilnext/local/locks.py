"""File locks that end with their holder, however it ends."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """A lock on a file, shared or exclusive. Not inherited by programs started meanwhile."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Wait until nobody holds it exclusively, then hold it together with others."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def hold(self) -> None:
        """Wait until nobody holds it, then hold it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_hold(self) -> bool:
        """Hold it alone if nobody else holds it. A shared hold of ours may be lost by a failed try."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self._descriptor)


def is_held(path: Path) -> bool:
    """Whether anybody holds the lock at `path`."""
    lock = FileLock(path)
    try:
        return not lock.try_hold()
    finally:
        lock.close()
