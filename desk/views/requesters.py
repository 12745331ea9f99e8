"""Another requester for a ticket: name them, see what changes, then do it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid
from desk.forms import add_refusal
from desk.refusals import Refusal, refusal_for
from desk.requesters import RequesterForm, preview_of
from desk.ticket_page import acted, version_of
from desk.workspace import visible_ticket
from tickets.models import Ticket
from tickets.services import change_requester


@require_http_methods(["GET", "POST"])
@agent_required
def requester(request: AgentRequest, reference: str) -> HttpResponse:
    """GET asks for the person, and with `?email=` shows what would change; a POST from there acts."""
    ticket = visible_ticket(request.agent, reference)
    given = request.POST if request.method == "POST" else request.GET if "email" in request.GET else None
    form = RequesterForm(given, auto_id="requester-%s")
    if given is None:
        return _page(request, ticket, form)
    if not form.is_valid():
        return _page(request, ticket, form, status=400 if request.method == "POST" else 200)
    email, name = form.cleaned_data["email"], form.cleaned_data["name"]
    if request.method != "POST" or not form.cleaned_data["confirmed"]:
        return _page(request, ticket, form, is_named=True)
    try:
        changed = change_requester(ticket.pk, by=request.agent, email=email, name=name, version=version_of(request))
    except Invalid as error:
        add_refusal(form, error)
        return _page(request, ticket, form, status=error.status)
    except DomainError as error:
        refusal = refusal_for(request.agent, ticket, error)
        return _page(request, ticket, form, is_named=True, error=refusal, status=error.status)
    said = _("%(contact)s is the requester now") % {"contact": changed.requester.name}
    return acted(request, ticket.reference, said=said)


def _page(
    request: AgentRequest,
    ticket: Ticket,
    form: RequesterForm,
    *,
    is_named: bool = False,
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    preview = None
    if is_named:
        preview = preview_of(ticket, email=form.cleaned_data["email"], name=form.cleaned_data["name"])
    context = {"ticket": ticket, "form": form, "preview": preview, "error": error}
    return render(request, "desk/requester.html", context, status=status)
