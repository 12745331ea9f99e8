"""The page of connections: how each is, and the button that has it tested."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.auth import AgentRequest, agent_required
from connectors.base.enums import ConnectionState, FindingState
from connectors.base.errors import ConnectionsForbidden
from connectors.base.kinds import kind_named
from connectors.base.policies import may_change_connections, may_see_connections
from connectors.base.selectors import Standing, connections_for, standing_of
from connectors.base.services import ask_for_test
from core.errors import DomainError

TONES = {
    ConnectionState.WORKING: "ok",
    ConnectionState.PAUSED: "info",
    ConnectionState.FAILING: "danger",
    ConnectionState.BROKEN_OFF: "danger",
}
MARKS = {
    FindingState.FINE: ("check", "ok"),
    FindingState.MISSING: ("triangle-alert", "danger"),
    FindingState.FAILED: ("triangle-alert", "warn"),
    FindingState.UNCLEAR: ("info", ""),
}


@require_GET
@agent_required
def connections(request: AgentRequest) -> HttpResponse:
    return _page(request)


def _page(request: AgentRequest, *, refusal: DomainError | None = None) -> HttpResponse:
    agent = request.agent
    if not may_see_connections(agent):
        return _forbidden(request)
    may_change = may_change_connections(agent)
    rows = [
        {
            "standing": standing,
            "tone": TONES.get(standing.state, ""),
            "findings": [(found, *MARKS[found.state]) for found in standing.findings],
            "test_url": reverse("connections:test", args=[standing.id]) if may_change and standing.is_active else "",
            "setup_url": setup_address(standing),
            "edit_url": reverse("admin:connections_connection_change", args=[standing.id]),
        }
        for standing in standing_of(connections_for(agent))
    ]
    context = {
        "rows": rows,
        "error": refusal,
        "add_url": reverse("admin:connections_connection_add") if may_change else "",
    }
    return render(request, "connectors/base/connections.html", context, status=refusal.status if refusal else 200)


def _forbidden(request: AgentRequest) -> HttpResponse:
    forbidden = ConnectionsForbidden()
    facts = {"detail": str(forbidden), "hint": forbidden.hint_text}
    return render(request, "errors/403.html", facts, status=403)


def setup_address(standing: Standing) -> str:
    """Of the page that says how the other system is set up; empty where its kind has nothing to say."""
    kind = kind_named(standing.kind)
    return reverse("connections:setup", args=[standing.id]) if kind and kind.has_steps else ""


@require_GET
@agent_required
def setup(request: AgentRequest, connection_id: UUID) -> HttpResponse:
    """What is to be done at the other system for this connection, with commands to paste."""
    if not may_see_connections(request.agent):
        return _forbidden(request)
    row = get_object_or_404(connections_for(request.agent), pk=connection_id)
    kind = kind_named(row.kind)
    if kind is None or not kind.has_steps:
        raise Http404
    return render(request, "connectors/base/setup.html", {"connection": row, "steps": kind.steps(row)})


@require_POST
@agent_required
def test(request: AgentRequest, connection_id: UUID) -> HttpResponse:
    """By a worker: no page waits for another system."""
    try:
        ask_for_test(connection_id, by=request.agent)
    except DomainError as refusal:
        return _page(request, refusal=refusal)
    return redirect("connections:connections")
