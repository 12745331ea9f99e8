"""Sessions that end a while after their last use, without a write on each request."""

import time
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse

RENEWED_AT = "renewed_at"
IN_THE_BACKGROUND = "Live-Update"
"""Header of what an open page asks for by itself, which is no use of the session: nobody may be in front of it."""
FORGOTTEN_AT_ONCE = 5000


class SlidingSessionMiddleware:
    """Give a used session its full age again, at most once in `SESSION_RENEW_SECONDS`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_used = settings.SESSION_COOKIE_NAME in request.COOKIES and IN_THE_BACKGROUND not in request.headers
        if is_used and not request.session.is_empty():
            now = int(time.time())
            if now - request.session.get(RENEWED_AT, 0) >= settings.SESSION_RENEW_SECONDS:
                request.session[RENEWED_AT] = now
        return self.get_response(request)


def forget_ended_sessions(*, now: datetime) -> int:
    """A timer: drop one batch of sessions that are over; nobody is signed in by them all the same."""
    ended = Session.objects.filter(expire_date__lt=now).values("pk")[:FORGOTTEN_AT_ONCE]
    deleted, _by_model = Session.objects.filter(pk__in=ended).delete()
    return int(deleted)
