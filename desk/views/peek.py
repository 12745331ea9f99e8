"""A look at a ticket beside its list: what it is about and what was said last. It marks nothing as read."""

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from core.labels import label_of
from desk.flags import chips_of
from desk.timeline import days_of
from desk.workspace import visible_ticket
from tickets.around import surroundings_of
from tickets.enums import Priority, TicketStatus
from tickets.selectors import timeline_of


@require_GET
@agent_required
def peek(request: AgentRequest, reference: str) -> HttpResponse:
    """Without script there is no place beside the list, so the ticket itself opens."""
    ticket = visible_ticket(request.agent, reference)
    url = reverse("desk:ticket", args=[ticket.reference])
    if not request.htmx:
        return redirect(url)
    thread = timeline_of(ticket, has_held=False, has_moved=surroundings_of(ticket).has_moved)
    context = {
        "ticket": ticket,
        "url": url,
        "status_label": label_of(TicketStatus, ticket.status),
        "priority_label": label_of(Priority, ticket.priority),
        "flags": chips_of(ticket.flags),
        "older_url": url if thread.earlier_count else "",
        "older_count": thread.earlier_count,
        "days": days_of(ticket, thread.entries, csrf_token=get_token(request)),
    }
    return render(request, "desk/_peek.html", context)
