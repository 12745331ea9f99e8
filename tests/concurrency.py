"""Doing things at the same time over real connections."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def in_parallel(*acts: Callable[[], Any], patience: float = 60.0) -> list[Any]:
    """Run each act in a thread with connections of its own, all let go at once.

    Answers what each returned, or the exception it raised, in the order given. The test must be transactional, since
    the threads see only what is committed.
    """
    outcomes: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(patience)
            outcomes[number] = act()
        except Exception as error:  # noqa: BLE001  # the caller judges it
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act), daemon=True) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    if any(thread.is_alive() for thread in threads):
        raise TimeoutError(f"acts still run after {patience:.0f} s: a deadlock, or a lock that nobody lets go")
    return outcomes
