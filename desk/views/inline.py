"""Values of a ticket edited in its row of a list; without script the ticket's own form is a link away."""

from typing import Any

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, StaleVersion
from desk.columns import COLUMNS, chosen_columns
from desk.forms import add_refusal
from desk.frame import saying
from desk.inline import form_for, row_named, shown_row
from desk.neighbours import origin_of_page, with_from
from desk.promises import add_promises
from desk.stale import differences_in
from desk.ticket_page import acted, refused, version_of
from desk.undoing import undo_url_of_act_just_done
from desk.workspace import visible_ticket
from tickets import services
from tickets.models import Ticket


@require_http_methods(["GET", "POST"])
@agent_required
def inline(request: AgentRequest, reference: str, name: str) -> HttpResponse:
    """GET is the row with the control open, or with `?closed` as it was; POST saves and is the row as it is then."""
    columns = chosen_columns(column for column in request.GET.get("columns", "").split(",") if column in COLUMNS)
    ticket: Any = row_named(request.agent, reference, columns)  # with its tags, which are an annotation
    form = form_for(name, ticket, request.POST if request.method == "POST" else None)
    if request.method == "GET":
        if not request.htmx:
            return redirect("desk:fields", reference=ticket.reference)
        is_open = "closed" not in request.GET
        more = {"inline": _control(request, ticket.reference, name, form)} if is_open else {"focus": name}
        return _row(request, ticket, shown_row(ticket, request.agent, columns, **more))
    error: DomainError | None = None
    if form.is_valid():
        try:
            version = version_of(request) or ticket.version
            services.edit_ticket(ticket.pk, by=request.agent, version=version, **form.cleaned_data)
        except DomainError as refusal:
            error = refusal
            add_refusal(form, refusal)
            if isinstance(refusal, StaleVersion):
                for part in differences_in(form):
                    form.add_error(None, _("%(field)s is now: %(value)s") % {"field": part.label, "value": part.now})
    if form.is_valid() and error is None:
        if not request.htmx:
            return acted(request, ticket.reference, said=_("Saved"), may_undo=True)
        saved = row_named(request.agent, reference, columns)
        response = _row(request, saved, shown_row(saved, request.agent, columns, focus=name))
        undo_url = undo_url_of_act_just_done(request.agent, saved)
        return saying(response, f"{saved.reference}: {_('Saved')}", undo_url)
    if not request.htmx and error is not None:
        return refused(request, visible_ticket(request.agent, reference), error)
    row = shown_row(ticket, request.agent, columns, inline=_control(request, ticket.reference, name, form))
    return _row(request, ticket, row, status=error.status if error else 400)


def _control(request: AgentRequest, reference: str, name: str, form: Any) -> dict[str, Any]:
    columns = f"?columns={request.GET.get('columns', '')}"
    url = reverse("desk:inline", args=[reference, name]) + columns
    return {"name": name, "form": form, "url": url, "close_url": f"{url}&closed=1"}


def _row(request: AgentRequest, ticket: Ticket, row: dict[str, Any], *, status: int = 200) -> HttpResponse:
    row["url"] = with_from(row["url"], origin_of_page(request))
    add_promises([ticket], {ticket.pk: row})
    return render(request, "desk/_row.html", {"row": row, "csrf_token": get_token(request)}, status=status)
