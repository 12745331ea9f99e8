"""What people see instead of a page: the same words for everybody, so that nothing is revealed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.models import Agent
from core.errors import Forbidden
from core.request_id import current_request_id
from desk.unfinished import unfinished_of
from tickets.selectors import REFERENCE


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A role that does not include the page; acts say more, in the page they belong to."""
    error = Forbidden()
    return render(request, "errors/403.html", {"detail": str(error), "hint": error.hint_text}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Missing and invisible alike, with the reference of the address to look for."""
    named = REFERENCE.search(request.path)
    return render(request, "errors/404.html", {"query": named[0] if named else ""}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors: whatever is broken must not break this page too."""
    return HttpResponse(render_to_string("errors/500.html", {"reference": current_request_id()}), status=500)


FORM_IS_OLD = "Form-Out-Of-Date"
"""Header by which a page knows that its form needs another token (static/js/session.js)."""


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Whoever has signed in elsewhere before sending the sign-in page's form can still have what it carries."""
    person, typed = getattr(request, "agent", None), ""
    if isinstance(person, Agent) and request.path == reverse("desk:login"):  # no other foreign form is read at all
        given = str(request.POST.get("typed", ""))
        typed = given if unfinished_of(person, given) else ""
    answer = render(request, "errors/403_csrf.html", {"typed": typed}, status=403)
    add_never_cache_headers(answer)
    answer[FORM_IS_OLD] = "1"
    return answer
