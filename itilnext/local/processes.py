"""Child processes that do not outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from itilnext.local.places import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (Ctrl-C reaches us alone), its output appended to `log`.

    Where the system can (Linux), the child gets `death_signal` when the calling thread ends, however that happens.
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)

    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,
            preexec_fn=tie_to_parent,  # noqa: PLW1509  # spawned from the main thread, before there are others
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def stop(process: subprocess.Popen[bytes], *, first: signal.Signals = signal.SIGTERM, patience: float = 20.0) -> None:
    """Ask the process to end, and after `patience` seconds make it."""
    if process.poll() is not None:
        return
    process.send_signal(first)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path, *, lines: int = 3) -> str:
    """The end of a log, for an error message."""
    if not log.exists():
        return ""
    text = log.read_bytes()[-4000:].decode("utf-8", "replace")
    return " | ".join(line.strip() for line in text.splitlines()[-lines:])


class Deadline:
    """A moment on the clock that never jumps."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._end
