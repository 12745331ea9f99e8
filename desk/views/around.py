"""Sections of the context panel that come after the page: each by itself, so that one that fails leaves the others."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from core.labels import label_of
from desk.empowerment.parts import resolutions_section
from desk.promises import explained_section
from desk.sections import section_named
from desk.ticket_page import refused
from desk.workspace import Part, visible_ticket
from tickets.enums import ResolutionCode, TicketStatus
from tickets.models import Ticket
from tickets.selectors import OPEN_COUNTED, history_of_company
from tickets.similar import similar_tickets


@require_GET
@agent_required
def section(request: AgentRequest, reference: str, name: str) -> HttpResponse:
    """For htmx the section alone, else a page with it."""
    ticket = visible_ticket(request.agent, reference)
    context: Part = {"ticket": ticket}
    if name in SECTIONS:
        context |= SECTIONS[name](ticket, request.agent)
    elif (found := section_named(name)) is not None:
        if not found.may_see(request.agent, ticket):
            return refused(request, ticket, found.refusal())
        context |= {"template": found.template, "title": found.title, **found.read(ticket, request.agent)}
    else:
        raise Http404
    is_partial = request.htmx and not request.htmx.history_restore_request
    response = render(request, context["template"] if is_partial else "desk/around.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _company(ticket: Ticket, agent: Agent) -> Part:
    found = history_of_company(ticket.company_id, besides=ticket, seen_by=agent) if ticket.company_id else None
    rows = (
        {"open": [], "ended": []}
        if found is None
        else {
            "open": [_row(other) | {"who": other.requester.name} for other in found.open],
            "ended": [_row(other) | {"who": other.requester.name} for other in found.ended],
        }
    )
    count = found.open_count if found else 0
    return {
        "template": "desk/_around_company.html",
        "title": _("Tickets of the company"),
        "open_count": f"{OPEN_COUNTED}+" if count > OPEN_COUNTED else count,
        **rows,
    }


def _similar(ticket: Ticket, agent: Agent) -> Part:
    found = [_row(other) | {"resolution": _resolution(other)} for other in similar_tickets(ticket, seen_by=agent)]
    return {"template": "desk/_around_similar.html", "title": _("Similar tickets"), "similar": found}


def _row(ticket: Ticket) -> dict[str, Any]:
    return {
        "reference": ticket.reference,
        "subject": ticket.subject,
        "status": ticket.status,
        "status_label": label_of(TicketStatus, ticket.status),
        "at": ticket.created_at,
    }


def _resolution(ticket: Ticket) -> str:
    """How it ended, if it was resolved: what the customer was told."""
    if ticket.status not in (TicketStatus.RESOLVED, TicketStatus.CLOSED) or not ticket.resolution_note:
        return ""
    return f"{label_of(ResolutionCode, ticket.resolution_code)}: {ticket.resolution_note}"


SECTIONS: dict[str, Callable[[Ticket, Agent], Part]] = {
    "clocks": explained_section,
    "company": _company,
    "similar": _similar,
    "resolutions": resolutions_section,
}
