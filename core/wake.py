"""Wake a worker: a word on the queue that some row is due. Losing it harms nothing, so it never holds anybody up."""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 10.0
"""After a failed wake-up none is tried for this long, and the log does not fill up."""

LAST_WORDS_SECONDS = 2.0
"""How long a process that ends waits for the words it has not passed on yet; children of the worker do not wait."""
posts: dict[str, Callable[[], None]] = {}
"""Words that are for others than the queue, by name: what passes each on. Added in `ready()`."""
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
    """Have the name of `task` put on the queue, by a thread that waits for the broker; nobody else does."""
    if (gathered_tasks := _gathered.get()) is not None:
        gathered_tasks[task] = None
    else:
        try:
            _messenger().send(task)
        except RuntimeError:  # no more threads on this machine; what is committed stays committed
            logger.warning("nobody to pass the word on; the next sweep finds the work", extra={"task": task})


class _Messenger(threading.Thread):
    """Passes words on. Those that come while it waits for the broker are passed on once, however often said."""

    def __init__(self) -> None:
        super().__init__(name="wake", daemon=True)
        self._change = threading.Condition()
        self._said: dict[str, None] = {}
        self._is_sending = False
        self._silent_until = 0.0

    def send(self, task: str) -> None:
        with self._change:
            if self.ident is None:
                self.start()
            self._said[task] = None
            self._change.notify_all()

    def wait_until_sent(self, timeout: float) -> bool:
        """Whether everything said before was passed on or given up within `timeout` seconds."""
        with self._change:
            return self._change.wait_for(lambda: not self._said and not self._is_sending, timeout)

    def run(self) -> None:
        while True:
            with self._change:
                self._is_sending = False
                self._change.notify_all()
                self._change.wait_for(lambda: self._said)
                tasks, self._said, self._is_sending = list(self._said), {}, True
            for task in tasks:
                self._put_on_queue(task)

    def _put_on_queue(self, task: str) -> None:
        """Log and forget if the broker does not answer."""
        if time.monotonic() < self._silent_until:
            return
        try:
            if post := posts.get(task):
                post()
            else:
                current_app.send_task(task, retry=False, ignore_result=True)
        except Exception:  # whatever it is, the next word may come through, and the sweep finds the work
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("broker not reached; the next sweep finds the work", extra={"task": task}, exc_info=True)


_messengers: list[_Messenger] = []


def _messenger() -> _Messenger:
    """That of this process; a forked one has no threads and starts its own."""
    if not _messengers:
        _messengers.append(_Messenger())
    return _messengers[0]


def wait_until_sent(timeout: float = LAST_WORDS_SECONDS) -> bool:
    """For processes that end, and for tests: whether all words are on the queue, or given up, by then."""
    return _messenger().wait_until_sent(timeout)


os.register_at_fork(after_in_child=_messengers.clear)
atexit.register(wait_until_sent)


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
