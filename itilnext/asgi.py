"""`/events/` alone: long-lived answers, in a process of their own beside pages and API (ruling 26)."""

import os
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")
django.setup(set_prefix=False)

from itilnext.garbage import freeze_what_stays, seldom_collect  # noqa: E402  # after the settings
from live.endpoint import Endpoint, refuse  # noqa: E402  # models need the application set up

_events = Endpoint()
freeze_what_stays()
seldom_collect()


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Sync pages under this server were three to thirty times slower, so it answers for nothing else."""
    path = scope.get("path", "")
    if path == "/events/":
        await _events(scope, receive, send)
        return
    await refuse(send, HTTPStatus.OK if path == "/healthz" else HTTPStatus.NOT_FOUND)
