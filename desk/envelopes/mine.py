"""One's envelopes across all tickets: the switcher."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.envelopes.tabs import shown_row
from envelopes.selectors import my_envelopes


@require_GET
@agent_required
def my(request: AgentRequest) -> HttpResponse:
    """The switcher: those in which it is the person's turn first; for its menu alone or as a page."""
    rows = [shown_row(row) for row in my_envelopes(request.agent)]
    helping = [part for part in rows if part["row"].is_helping]
    owning = [part for part in rows if not part["row"].is_helping]
    is_partial = bool(request.htmx and not request.htmx.history_restore_request)
    for part in (helping + owning)[:1]:
        part["takes_focus"] = is_partial
    context = {
        "helping": helping,
        "owning": owning,
        "list_id": "envelopes-menu-list" if is_partial else "envelopes-list",
    }
    template = "desk/envelopes/_mine.html" if is_partial else "desk/envelopes/mine.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
