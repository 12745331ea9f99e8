"""Plans that PostgreSQL keeps: for work that repeats the same few statements many times over."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def kept() -> Iterator[None]:
    """Within, PostgreSQL may keep the plan of a statement where it is as good for any value as for those at hand.

    Elsewhere each statement is planned anew (see `DATABASES` in the settings), which a page can afford and needs.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = 'auto'")
    try:
        yield
    finally:
        if not connection.needs_rollback:  # a rollback undoes the setting as well
            with connection.cursor() as cursor:
                cursor.execute("RESET plan_cache_mode")
