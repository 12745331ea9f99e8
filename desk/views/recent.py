from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from core.labels import label_of
from desk.recent import recent_tickets
from tickets.enums import TicketStatus


@require_GET
@agent_required
def recent(request: AgentRequest) -> HttpResponse:
    """The switcher: the tickets opened last, for its menu alone or as a page."""
    rows = [
        {
            "reference": ticket.reference,
            "subject": ticket.subject,
            "customer": ticket.company.name if ticket.company else ticket.requester.name,
            "status_label": label_of(TicketStatus, ticket.status),
        }
        for ticket in recent_tickets(request.agent)
    ]
    is_partial = request.htmx and not request.htmx.history_restore_request
    response = render(request, "desk/_recent.html" if is_partial else "desk/recent.html", {"recent": rows})
    patch_vary_headers(response, ["HX-Request"])
    return response
