"""Generating the blocks of a load in other processes.

Imports nothing of Django: those processes have no apps and no database.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from desk.load import rows

AHEAD = 4
"""Blocks generated before they are needed."""

_plan_of_process: list[rows.Plan] = []


def blocks(plan: rows.Plan) -> Iterator[rows.Block]:
    """All blocks in order; those of a large load from other processes, a few ahead of the one that is copied."""
    starts = range(0, plan.total, rows.BLOCK)
    if len(starts) <= 2:
        yield from (rows.block(plan, first) for first in starts)
        return
    workers = min(max((os.cpu_count() or 1) - 1, 1), 4)
    context = multiprocessing.get_context("spawn")  # a forked child would share our connection
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_remember, initargs=(plan,)) as pool:
        waiting: deque[Future[rows.Block]] = deque()
        for first in starts:
            waiting.append(pool.submit(_block_of_plan, first))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _remember(plan: rows.Plan) -> None:
    _plan_of_process[:] = [plan]


def _block_of_plan(first: int) -> rows.Block:
    return rows.block(_plan_of_process[0], first)
