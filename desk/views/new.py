from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from core.errors import DomainError, Invalid
from desk.composing import id_in
from desk.forms import NewTicketForm, add_refusal
from desk.refusals import Refusal
from desk.selectors import start_slug
from desk.services import create_ticket_by_phone
from desk.unfinished import forget_typed, made_for, posted_or_typed
from tickets.errors import RoleForbids
from tickets.in_sight import is_in_sight
from tickets.models import Ticket
from tickets.policies import may_accept, may_create
from tickets.services import accept_ticket
from tickets.texts import templates_of


@require_http_methods(["GET", "POST"])
@agent_required
def new_ticket(request: AgentRequest) -> HttpResponse:
    """A ticket for a caller. Afterwards to the ticket, or to the queue if the team it went to is out of sight."""
    if not may_create(request.agent):
        error = RoleForbids()
        return render(request, "errors/403.html", {"detail": str(error), "hint": error.hint_text}, status=error.status)
    if request.method != "POST":
        first = _first_values(request.agent, _template(request))
        return _page(request, NewTicketForm(posted_or_typed(request), initial=first))
    if "fill_in" in request.POST:
        return _page(request, _filled_in(request))
    form = NewTicketForm(posted_or_typed(request))
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
    forget_typed(request)
    return _go_on(request, ticket, wants_it=wants_it)


def _template(request: AgentRequest, field: str = "template") -> UUID | None:
    """The template that the address names, or a field of the form."""
    given = request.POST if request.method == "POST" else request.GET
    return id_in(str(given.get(field, "")))


def _filled_in(request: AgentRequest) -> NewTicketForm:
    """The form with the values of the template, but for what was typed: whatever is not as the page gave it."""
    given = NewTicketForm(initial=_first_values(request.agent, _template(request, "filled_in")))
    typed = {}
    for name, field in given.fields.items():
        value = str(request.POST.get(name, "")).replace("\r\n", "\n")
        if value.strip() and value.strip() != str(given.get_initial_for_field(field, name) or "").strip():
            typed[name] = value
    return NewTicketForm(initial=_first_values(request.agent, _template(request)) | typed)


def _first_values(agent: Agent, template_id: UUID | None) -> dict[str, Any]:
    """Those of the template, as far as there is one and it has any."""
    template = templates_of(agent).filter(pk=template_id).first() if template_id else None
    values: dict[str, Any] = {"team": agent.primary_team_id}
    if template is None:
        return values
    names = ("subject", "description", "type", "priority")
    values |= {name: value for name in names if (value := getattr(template, name))}
    values |= {"category": template.category_id} if template.category_id else {}
    return values | ({"team": template.handled_by_id} if template.handled_by_id else {})


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
    return redirect("desk:queue", view=start_slug(request.agent))


def _page(
    request: AgentRequest, form: NewTicketForm, *, error: Refusal | None = None, status: int = 200
) -> HttpResponse:
    templates = [(text.pk, text.title) for text in templates_of(request.agent)]
    filled_in = _template(request, "filled_in" if form.is_bound else "template")
    shown = {"form": form, "error": error, "templates": templates, "filled_in": filled_in}
    context = shown | {"made_for": made_for(request.agent)}
    return render(request, "desk/new.html", context, status=status)
