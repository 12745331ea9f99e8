"""Doing things at the same time over real connections."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

from tests.database import connect_as_owner


def beside(act: Callable[[], Any], *, patience: float = 60.0) -> Callable[[], Any]:
    """Run `act` in a thread with connections of its own until it has ended, or waits for a lock that this one holds.

    The answer waits for its end, and tells what it returned or the exception it raised.
    """
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(act())
        except Exception as error:  # noqa: BLE001  # the caller judges it
            outcome.append(error)
        finally:
            connections.close_all()

    def end() -> Any:
        thread.join(patience)
        if not outcome:
            raise TimeoutError(f"the act still runs after {patience:.0f} s")
        return outcome[0]

    connection.ensure_connection()
    held_by, ends_at = connection.connection.info.backend_pid, time.monotonic() + patience
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    with connect_as_owner() as owner:
        while thread.is_alive() and not owner.execute(WAITING, [held_by]).fetchone():
            if time.monotonic() > ends_at:
                raise TimeoutError("the act neither ends nor waits")
            thread.join(0.02)
    return end


WAITING = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"


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
