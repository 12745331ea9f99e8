"""`GET /events/`: the stream of one open page (ASGI). Who asks is told by the session cookie alone.

Parameters: `ticket` (the reference of the page's ticket) or `list` (the page shows tickets) with `rows` (the references
of those that stand there), `after` (number of the last message heard, as the header `Last-Event-ID`), `seen` (the
page's snapshot). None of them grants anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module
from io import BytesIO
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpRequest

from accounts.auth import actor_of
from accounts.models import Agent
from live.hub import Hub
from live.selectors import Credentials, tickets_named
from live.snapshots import Snapshot
from live.streams import Stream

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
RETRY = b"retry: 2000\n\n"
"""Milliseconds after which a browser connects again by itself."""
OURS = ("", "same-origin", "none")
"""What a browser says of where a request to us comes from (`Sec-Fetch-Site`); older ones say nothing."""
ROWS_AT_MOST = 200


@dataclass(frozen=True)
class Visitor:
    """Who opens a stream, and the ticket of their page, if they may see it."""

    agent_id: UUID
    credentials: Credentials
    ticket_id: UUID | None
    in_sight: Mapping[UUID, str]
    """Of the tickets that the page shows those they may see."""
    lacks_some: bool
    """Not all that the page shows is in sight any more."""


class Endpoint:
    def __init__(self) -> None:
        self._hub: Hub | None = None

    @property
    def hub(self) -> Hub:
        if self._hub is None:  # bound to the loop that serves
            self._hub = Hub()
        return self._hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = ASGIRequest(scope, BytesIO())
        try:
            visitor = await self._admit(request)
        except DatabaseError:
            logger.warning("the database does not answer, so no stream is opened")
            visitor = HTTPStatus.SERVICE_UNAVAILABLE
        if isinstance(visitor, HTTPStatus):
            await refuse(send, visitor)
            return
        stream = Stream(
            agent_id=visitor.agent_id,
            credentials=visitor.credentials,
            ticket_id=visitor.ticket_id,
            hears_all="list" in request.GET,
            in_sight=visitor.in_sight,
        )
        if visitor.lacks_some:
            stream.put("reset", {})
        await self._serve(stream, request, receive, send)

    async def _admit(self, request: ASGIRequest) -> Visitor | HTTPStatus:
        if request.method != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            request.get_host()
        except DisallowedHost:
            return HTTPStatus.BAD_REQUEST
        if request.headers.get("Sec-Fetch-Site", "") not in OURS:
            return HTTPStatus.FORBIDDEN
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        rows = request.GET.get("rows", "").split(".")[:ROWS_AT_MOST]
        visitor = await self.hub.ask(_visitor, key, request.GET.get("ticket", ""), rows) if key else None
        if visitor is None:
            return HTTPStatus.UNAUTHORIZED
        if sum(stream.agent_id == visitor.agent_id for stream in self.hub.streams) >= settings.LIVE_STREAMS_OF_ONE:
            return HTTPStatus.TOO_MANY_REQUESTS
        return visitor

    async def _serve(self, stream: Stream, request: ASGIRequest, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": RETRY, "more_body": True})
        gone = asyncio.create_task(_until_gone(receive, stream))
        try:
            after = _number(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
            await self.hub.join(stream, after=after, seen=Snapshot.parse(request.GET.get("seen", "")))
            while (text := await stream.written()) is not None:
                await send({"type": "http.response.body", "body": text, "more_body": True})
        except DatabaseError:
            logger.warning("the database does not answer, so a stream ends")
        finally:
            self.hub.leave(stream)
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def refuse(send: Send, status: HTTPStatus) -> None:
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": f"{status.phrase}\n".encode()})


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.end()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _visitor(session_key: str, reference: str, rows: Collection[str]) -> Visitor | None:
    """The person of a session as the pages would know them; nothing of the session is renewed by that."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    request = HttpRequest()
    request.session = session
    user = get_user(request)
    agent = actor_of(user)
    if not isinstance(agent, Agent) or session.session_key is None:
        return None
    credentials = Credentials(session.session_key, session.get(HASH_SESSION_KEY, ""), agent.user_id)
    named = {name.upper() for name in (reference, *rows) if name.isascii() and name.isprintable() and name}
    in_sight = tickets_named(agent, named)
    own = next((pk for pk, name in in_sight.items() if name == reference.upper()), None)
    lacks_some = not named <= {reference.upper(), *in_sight.values()}
    return Visitor(agent.pk, credentials, own, in_sight, lacks_some)
