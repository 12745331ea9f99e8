"""`POST /hooks/microsoft365/`: what Microsoft Graph tells us. No session, no cookie; each notification shows by its
client state that it is Graph's.
"""

import json
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from connectors.mail.services import take_notifications
from core.actors import system_actor

MAX_BYTES = 1024 * 1024
LONGEST_TOKEN = 2000
GRAPH = system_actor("Microsoft Graph")


@csrf_exempt  # it comes from no form of ours
@require_POST
def graph_notifications(request: HttpRequest) -> HttpResponse:
    """200 with the token where Graph asks whether we are here; 202 for whatever is well formed, also what is not ours:
    nobody learns here which subscriptions there are. The work is done behind the answer.
    """
    token = request.GET.get("validationToken")
    if token is not None:
        if len(token) > LONGEST_TOKEN:
            return _bad("validationToken is too long")
        return HttpResponse(escape(token, quote=False), content_type="text/plain; charset=utf-8")
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not (length.isascii() and length.isdigit()):
        return _bad("Content-Length is no number")
    if int(length[:20]) > MAX_BYTES:
        return _bad("the body is too large", status=413)
    told = _told(request)
    if told is None:
        return _bad("a JSON object with a list “value” is expected")
    take_notifications(told, by=GRAPH, now=timezone.now())
    return HttpResponse(status=202)


def _told(request: HttpRequest) -> list[Any] | None:
    try:
        value = json.loads(request.body)["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _bad(detail: str, *, status: int = 400) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=status)
