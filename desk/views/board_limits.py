"""How much of a team's work may stand in one column at a time."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.models import Team
from accounts.policies import may_edit_team
from desk.board.forms import LimitsForm
from desk.people.views.common import refuse
from tickets import services
from tickets.errors import LimitsForbidden
from tickets.models import WipLimit


@require_http_methods(["GET", "POST"])
@agent_required
def limits(request: AgentRequest, team_id: UUID) -> HttpResponse:
    """Those in charge of the team set them; everybody who sees its tickets reads them on the board."""
    team = get_object_or_404(Team, pk=team_id)
    if not may_edit_team(request.agent, team):
        return refuse(request, LimitsForbidden())
    rows = WipLimit.objects.filter(team=team)
    form = LimitsForm(request.POST if request.method == "POST" else None, rows=rows, auto_id="limit-%s")
    if request.method == "POST" and form.is_valid():
        services.set_wip_limits(team.pk, by=request.agent, limits=form.limits())
        messages.success(request, _("The limits of %(team)s are saved.") % {"team": team.name})
        return redirect("desk:board-home")
    return render(request, "desk/board_limits.html", {"team": team, "form": form}, status=400 if form.is_bound else 200)
