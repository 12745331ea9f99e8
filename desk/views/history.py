from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from desk.history import trail_of
from desk.policies import may_see_history
from tickets.errors import RoleForbids
from tickets.in_sight import is_in_sight
from tickets.models import Ticket


@require_GET
@agent_required
def history(request: AgentRequest, reference: str) -> HttpResponse:
    """The audit trail; admins, who read no tickets, see it for any of them (permissions.md section 2)."""
    found = Ticket.objects.transferable_by(request.agent).select_related("owner", "team")
    ticket = get_object_or_404(found, reference=reference.upper())
    if not may_see_history(request.agent, ticket):
        error = RoleForbids()
        refused = {"detail": str(error), "hint": error.hint_text}
        return render(request, "errors/403.html", refused, status=error.status)
    may_open = is_in_sight(request.agent, ticket.pk)
    context = {"ticket": ticket, "trail": trail_of(ticket), "may_open": may_open}
    return render(request, "desk/history.html", context)
