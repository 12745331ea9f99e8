"""Doing a list of due things one by one, so that one that fails does not keep the others waiting."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from celery.exceptions import SoftTimeLimitExceeded

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

T = TypeVar("T")


def is_any(rows: "QuerySet[Any]", *, by: str) -> bool:
    """Whether there are such rows, asked in the order of an index on `by`: without an order PostgreSQL, which may take
    what is due for more than it is, goes through the table until it has met one.
    """
    return bool(rows.order_by(by).values_list(by)[:1])


def run_each(rows: Iterable[T], act: Callable[[T], bool | int]) -> int:
    """Sum of what `act` answers; each call has its own transaction, a failing one is logged and the next one runs."""
    done = 0
    for row in rows:
        try:
            done += act(row)
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # the outermost loop of a worker
            logger.exception("sweep failed at a row", extra={"row": str(row)})
    return done


def run_past_failures(
    batch: Callable[[Sequence[T]], int], due: Callable[[Sequence[T]], Sequence[T]], act: Callable[[T], bool | int]
) -> int:
    """One batch of what is due; if it fails, its rows one by one by `act`, and what is due besides them to its end, so
    that a head full of rows that fail keeps nothing behind it waiting. `batch` and `due` leave out what they are given.
    """
    done, tried = 0, list[T]()
    while True:
        try:
            count = batch(tried)
        except SoftTimeLimitExceeded:
            raise
        except Exception:  # the outermost loop of a worker
            logger.exception("sweep failed at a batch")
            rows = due(tried)
            done += run_each(rows, act)
            tried += rows
            if not rows:
                return done
        else:
            done += count
            if not tried or not count:
                return done
