"""An id for each request, in the logs, the audit and the answer's `X-Request-ID`."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

_current: ContextVar[str] = ContextVar("request_id", default="")
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current_request_id() -> str:
    """Id of the request being answered, or an empty string outside of one."""
    return _current.get()


class RequestIdMiddleware:
    """Take the proxy's id if it is usable, else make one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        token = _current.set(given if _USABLE.fullmatch(given) else uuid.uuid4().hex)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = current_request_id()
            return response
        finally:
            _current.reset(token)
