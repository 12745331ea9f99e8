"""Settings of the database's session for work that repeats the same few statements many times over."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def kept(*, waits_for_disk: bool = True) -> Iterator[None]:
    """Within, PostgreSQL may keep the plan of a statement where it is as good for any value as for those at hand.

    Elsewhere each statement is planned anew (see `DATABASES` in the settings), which a page can afford and needs.
    Without `waits_for_disk` a commit is answered before it is on the disk, unless its transaction calls
    `wait_for_disk`: for what is done again when a crash of PostgreSQL has taken it along. No later commit outlives it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = 'auto'")
        if not waits_for_disk:
            cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if not connection.needs_rollback:  # a rollback undoes the settings as well
            with connection.cursor() as cursor:
                cursor.execute("RESET plan_cache_mode")
                if not waits_for_disk:
                    cursor.execute("RESET synchronous_commit")


def wait_for_disk() -> None:
    """Let this transaction's commit be answered once it is on the disk, also within `kept(waits_for_disk=False)`."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = on")
