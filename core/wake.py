"""Wake a worker: a word on the queue that some row is due. Losing it harms nothing, so it never holds anybody up."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 10.0
"""After a failed wake-up none is tried for this long: with the broker gone, requests must not wait for it one by
one.
"""

_silence = {"until": 0.0}
_gathered: ContextVar[dict[str, None] | None] = ContextVar("gathered_wakes", default=None)


def after_commit(task: str) -> None:
    """Wake `task` once the current transaction is committed, once however often it is asked for within it."""
    connection = transaction.get_connection()
    if not any(getattr(hook[1], "task", None) == task for hook in connection.run_on_commit):
        transaction.on_commit(_Wake(task), robust=True)


class _Wake:
    def __init__(self, task: str) -> None:
        self.task = task

    def __call__(self) -> None:
        now(self.task)


def now(task: str) -> None:
    """Put the name of `task` on the queue; log and forget if the broker does not answer."""
    if (gathered_tasks := _gathered.get()) is not None:
        gathered_tasks[task] = None
        return
    if time.monotonic() < _silence["until"]:
        return
    try:
        current_app.send_task(task, retry=False, ignore_result=True)
    except (OperationalError, OSError):
        _silence["until"] = time.monotonic() + PAUSE_SECONDS
        logger.warning("broker not reached; the next sweep will find the work", extra={"task": task})


@contextmanager
def gathered() -> Iterator[None]:
    """Within the block words are kept, and each task is woken once at its end: for loops over many transactions."""
    tasks: dict[str, None] = {}
    token = _gathered.set(tasks)
    try:
        yield
    finally:
        _gathered.reset(token)
        for task in tasks:
            now(task)
