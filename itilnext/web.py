"""Hooks of the web server: `gunicorn --config python:itilnext.web`."""

import gc
from typing import Any


def when_ready(server: Any) -> None:
    """What is loaded by now stays for good: no collection looks through it again, and workers share its memory."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Pages make thousands of objects and few circles; collecting after each 700 is a waste of a page's time."""
    gc.set_threshold(20_000, 20, 20)
