"""Sessions that end a while after their last use, without a write on each request."""

import time
from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.http import HttpRequest, HttpResponse

RENEWED_AT = "renewed_at"


class SlidingSessionMiddleware:
    """Give a used session its full age again, at most once in `SESSION_RENEW_SECONDS`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not request.session.is_empty():
            now = int(time.time())
            if now - request.session.get(RENEWED_AT, 0) >= settings.SESSION_RENEW_SECONDS:
                request.session[RENEWED_AT] = now
        return self.get_response(request)


def end_session(session_key: str) -> None:
    """Remove a session from the database and the cache; its cookie is worth nothing any more."""
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()
