"""The list beside an open ticket."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.beside import list_beside
from desk.neighbours import from_of, list_url_from
from desk.workspace import visible_ticket

SHOWN = "shown"
"""Says that the ticket's row stands on the page, so that it is not left out while it is looked at."""


@require_GET
@agent_required
def list_around(request: AgentRequest, reference: str) -> HttpResponse:
    """For htmx the rows; else the list itself."""
    ticket = visible_ticket(request.agent, reference)
    origin = from_of(request)
    if request.htmx and not request.htmx.history_restore_request:
        is_shown = SHOWN in request.GET
        context = list_beside(request.agent, ticket, origin, is_shown=is_shown) | {"here": request.get_full_path()}
        response = render(request, "desk/_beside.html", context)
    else:
        response = redirect(list_url_from(request.agent, origin))
    patch_vary_headers(response, ["HX-Request"])
    return response
