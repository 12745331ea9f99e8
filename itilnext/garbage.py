"""Python's collector in long-lived processes: requests and tasks make thousands of objects and few circles."""

import gc
from typing import Any

from celery.signals import worker_process_init

AFTER_OBJECTS = 20_000
"""New objects until it looks for circles; Python's own 700 means several times a page."""


def freeze_what_stays() -> None:
    """What is loaded by now stays for good; no collection looks through it again."""
    gc.collect()
    gc.freeze()


def seldom_collect() -> None:
    gc.set_threshold(AFTER_OBJECTS, 20, 20)


@worker_process_init.connect
def settle(**_unused: Any) -> None:
    freeze_what_stays()
    seldom_collect()
