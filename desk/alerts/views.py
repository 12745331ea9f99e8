"""Alerts: the page of all one was told of or answers for, and the word that one has seen one."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from core.errors import DomainError, Invalid
from core.paging import Page, keyset_page
from desk.alerts.listing import parts_of, selects_of, set_count, url_of, wanted_in
from desk.alerts.parts import row_of
from desk.people.views.common import asked_for_next, next_page
from desk.refusals import Refusal
from desk.ticket_page import act, version_of
from sla.alerts.models import Alert
from sla.alerts.selectors import Wanted, alerts_for, alerts_in_sight
from sla.alerts.services import acknowledge_alert
from tickets.models import Ticket

NEWEST_FIRST = ("-triggered_at", "-id")
SIZE = 30


@require_GET
@agent_required
def alerts(request: AgentRequest) -> HttpResponse:
    """Open ones of one's own first of all; `?show=teams`, `condition`, `level` and `status` say otherwise."""
    return _page(request, wanted_in(request.GET, request.agent), cursor=str(request.GET.get("cursor", "")))


def _page(request: AgentRequest, wanted: Wanted, *, cursor: str = "", error: DomainError | None = None) -> HttpResponse:
    page: Page[Alert] = Page([], None, None)
    try:
        page = keyset_page(alerts_for(request.agent, wanted), NEWEST_FIRST, cursor=cursor, size=SIZE)
    except Invalid as refusal:
        error = refusal
    context = {
        "rows": [row_of(alert, request.agent) for alert in page.items],
        "parts": parts_of(request.agent, wanted),
        "selects": selects_of(wanted),
        "hidden": {"show": "teams"} if wanted.of_teams else {},
        "set_count": set_count(wanted),
        "clear_url": url_of(Wanted(of_teams=wanted.of_teams)),
        "is_of_teams": wanted.of_teams,
        "here": url_of(wanted, cursor=cursor),
        "next_url": url_of(wanted, cursor=page.next_cursor) if page.next_cursor else "",
        "previous_url": url_of(wanted, cursor=page.previous_cursor) if page.previous_cursor else "",
        "error": Refusal(error) if error else None,
    }
    return render(request, "desk/alerts/alerts.html", context, status=error.status if error else 200)


@require_POST
@agent_required
def acknowledge(request: AgentRequest, alert_id: UUID) -> HttpResponse:
    """From the page of all, and back to it as it was narrowed."""
    alert = get_object_or_404(alerts_in_sight(request.agent), pk=alert_id)
    try:
        acknowledge_alert(alert.pk, by=request.agent)
    except DomainError as refusal:
        shown = QueryDict(urlsplit(asked_for_next(request)).query)
        return _page(request, wanted_in(shown, request.agent), cursor=str(shown.get("cursor", "")), error=refusal)
    messages.success(request, _("Alert acknowledged"))
    return redirect(next_page(request, otherwise="desk:alerts"))


@require_POST
@agent_required
def acknowledge_on(request: AgentRequest, reference: str, alert_id: UUID) -> HttpResponse:
    """From the ticket's page."""

    def call(ticket: Ticket) -> None:
        alert = get_object_or_404(Alert.objects.filter(ticket=ticket), pk=alert_id)
        acknowledge_alert(alert.pk, by=request.agent, version=version_of(request))

    return act(request, reference, call, said=_("Alert acknowledged"))
