"""The map of the keys: a page, and what "?" shows."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.actions.shown import map_of


@require_GET
@agent_required
def keys(request: AgentRequest) -> HttpResponse:
    is_partial = request.htmx and not request.htmx.history_restore_request
    facts = {
        "groups": map_of(request.agent),
        "own_keys_url": reverse("desk:own-keys"),
        "heading": "h3" if is_partial else "h2",
    }
    response = render(request, "desk/_keys.html" if is_partial else "desk/keys.html", facts)
    patch_vary_headers(response, ["HX-Request"])
    return response
