from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid
from desk.forms import NewTicketForm, add_refusal
from desk.selectors import start_view
from desk.services import create_ticket_by_phone
from desk.ticket_page import Refusal
from tickets.errors import RoleForbids
from tickets.in_sight import is_in_sight
from tickets.models import Ticket
from tickets.policies import may_accept, may_create
from tickets.services import accept_ticket


@require_http_methods(["GET", "POST"])
@agent_required
def new_ticket(request: AgentRequest) -> HttpResponse:
    """A ticket for a caller. Afterwards to the ticket, or to the queue if the team it went to is out of sight."""
    if not may_create(request.agent):
        error = RoleForbids()
        return render(request, "errors/403.html", {"detail": str(error), "hint": error.hint_text}, status=error.status)
    if request.method != "POST":
        return _page(request, NewTicketForm(initial={"team": request.agent.primary_team_id}))
    form = NewTicketForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    values = dict(form.cleaned_data)
    wants_it = values.pop("accept_now")
    try:
        ticket = create_ticket_by_phone(values.pop("email"), by=request.agent, **values)
    except Invalid as refusal:
        add_refusal(form, refusal)
        return _page(request, form, status=refusal.status)
    except DomainError as refusal:
        return _page(request, form, error=Refusal(refusal), status=refusal.status)
    return _go_on(request, ticket, wants_it=wants_it)


def _go_on(request: AgentRequest, ticket: Ticket, *, wants_it: bool) -> HttpResponse:
    text = _("%(reference)s created") % {"reference": ticket.reference}
    is_visible = is_in_sight(request.agent, ticket.pk)
    if not is_visible:
        text = _("%(reference)s created for the team %(team)s") % {
            "reference": ticket.reference,
            "team": ticket.team.name,
        }
    messages.success(request, text)
    if wants_it and (is_visible or may_accept(request.agent, ticket)):
        try:
            accept_ticket(ticket.pk, by=request.agent)
        except DomainError as refusal:
            messages.warning(request, _("Created, but not yours: %(why)s") % {"why": refusal})
    if is_visible:
        return redirect("desk:ticket", reference=ticket.reference)
    return redirect("desk:queue", view=start_view(request.agent).slug)


def _page(
    request: AgentRequest, form: NewTicketForm, *, error: Refusal | None = None, status: int = 200
) -> HttpResponse:
    return render(request, "desk/new.html", {"form": form, "error": error}, status=status)
