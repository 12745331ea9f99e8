"""Hooks of the web server: `gunicorn --config python:itilnext.web`."""

from typing import Any

from itilnext.garbage import freeze_what_stays, seldom_collect


def when_ready(server: Any) -> None:
    freeze_what_stays()  # before the workers are made, so that they share its memory


def post_fork(server: Any, worker: Any) -> None:
    seldom_collect()
