"""From one ticket to the next or the previous one of its list (keys J and K)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.neighbours import from_of, neighbour_of, with_from
from desk.workspace import visible_ticket


@require_GET
@agent_required
def following(request: AgentRequest, reference: str) -> HttpResponse:
    return _go(request, reference, is_next=True)


@require_GET
@agent_required
def preceding(request: AgentRequest, reference: str) -> HttpResponse:
    return _go(request, reference, is_next=False)


def _go(request: AgentRequest, reference: str, *, is_next: bool) -> HttpResponse:
    """At the end of the list the ticket stays, and says so."""
    ticket = visible_ticket(request.agent, reference)
    origin = from_of(request)
    found = neighbour_of(request.agent, ticket, origin, is_next=is_next)
    if found is None:
        said = _("This is the last ticket of the list.") if is_next else _("This is the first ticket of the list.")
        messages.info(request, said)
    return redirect(with_from(reverse("desk:ticket", args=[found or ticket.reference]), origin))
