"""Merging a ticket into another one: name it, see what would move, then do it."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid, NotFound
from desk.forms import add_refusal
from desk.merging import MergeForm, preview_of
from desk.refusals import Refusal, refusal_for
from desk.ticket_page import acted, version_of
from desk.workspace import visible_ticket
from tickets.models import Ticket
from tickets.services import merge_ticket


@require_http_methods(["GET", "POST"])
@agent_required
def merge(request: AgentRequest, reference: str) -> HttpResponse:
    """GET asks for the other ticket, and with `?reference=` shows what would move; a POST from there acts."""
    ticket = visible_ticket(request.agent, reference)
    given = request.POST if request.method == "POST" else request.GET if "reference" in request.GET else None
    form = MergeForm(given, agent=request.agent, auto_id="merge-%s")
    if given is None:
        return _page(request, ticket, form)
    if not form.is_valid():
        return _page(request, ticket, form, status=400 if request.method == "POST" else 200)
    into: Ticket = form.cleaned_data["reference"]
    if request.method != "POST" or not form.cleaned_data["confirmed"]:
        return _page(request, ticket, form, into=into)
    try:
        merge_ticket(ticket.pk, into=into, by=request.agent, version=version_of(request))
    except Invalid as error:
        add_refusal(form, error)
        return _page(request, ticket, form, status=error.status)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        refusal = refusal_for(request.agent, ticket, error)
        return _page(request, ticket, form, into=into, error=refusal, status=error.status)
    said = _("Merged into %(reference)s") % {"reference": into.reference}
    return acted(request, ticket.reference, said=said, may_undo=True)


def _page(
    request: AgentRequest,
    ticket: Ticket,
    form: MergeForm,
    *,
    into: Ticket | None = None,
    error: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    preview = preview_of(request.agent, ticket, into) if into and into.pk != ticket.pk else None
    context = {"ticket": ticket, "form": form, "preview": preview, "error": error}
    return render(request, "desk/merge.html", context, status=status)
