"""`/events/` alone: long-lived answers, in a process of their own beside pages and API (ruling 26)."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itilnext.settings.dev")

Scope = dict[str, Any]
_django = get_asgi_application()


async def application(
    scope: Scope,
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
    send: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> None:
    """Sync pages under this server were three to thirty times slower, so it answers for nothing else."""
    path = scope.get("path", "")
    if path.startswith("/events/"):
        await _django(scope, receive, send)
        return
    status = 200 if path == "/healthz" else 404
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok\n" if status == 200 else b"not found\n"})
