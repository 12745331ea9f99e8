"""Who is here today, and absences with their deputies."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import services
from accounts.auth import AgentRequest, agent_required
from accounts.errors import AbsenceNotAllowed
from accounts.models import Absence, Agent
from accounts.policies import may_confirm_open_end, may_record_absence, may_see_people_page
from accounts.selectors import absences_visible_to, reach_of
from core.errors import DomainError
from desk.people.forms import AbsenceForm
from desk.people.selectors import crews_of
from desk.people.views.common import add_refusal, refuse


@require_GET
@agent_required
def present_today(request: AgentRequest) -> HttpResponse:
    if not may_see_people_page(request.agent):
        raise PermissionDenied
    return render(request, "desk/people/people.html", {"crews": crews_of(request.agent)})


@require_http_methods(["GET", "POST"])
@agent_required
def own_absence(request: AgentRequest) -> HttpResponse:
    return _record(request, request.agent)


@require_http_methods(["GET", "POST"])
@agent_required
def new_absence(request: AgentRequest, agent_id: UUID) -> HttpResponse:
    """A sick colleague's absence, recorded by who is in charge of their team."""
    return _record(request, get_object_or_404(Agent.objects.active(), pk=agent_id))


def _record(request: AgentRequest, agent: Agent) -> HttpResponse:
    if not may_record_absence(request.agent, agent, team_ids=_teams_of(agent)):
        return refuse(request, AbsenceNotAllowed(agent=agent.name))
    form = _form(request, agent)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_absence(agent.pk, by=request.agent, **form.values())
        except DomainError as refusal:
            add_refusal(form, refusal)
            return _show(request, agent, form, status=refusal.status)
        messages.success(request, _("The absence of %(name)s is recorded.") % {"name": agent.name})
        return _back(request, agent)
    return _show(request, agent, form, status=400 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@agent_required
def absence(request: AgentRequest, absence_id: UUID) -> HttpResponse:
    """Change an absence; who may only see it is told who can."""
    row = get_object_or_404(absences_visible_to(request.agent), pk=absence_id)
    if not may_record_absence(request.agent, row.agent, team_ids=_teams_of(row.agent)):
        return refuse(request, AbsenceNotAllowed(agent=row.agent.name))
    form = _form(request, row.agent, row)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            services.change_absence(row.pk, by=request.agent, version=version, **form.values())
        except DomainError as refusal:
            add_refusal(form, refusal)
            return _show(request, row.agent, form, row, status=refusal.status)
        messages.success(request, _("The absence of %(name)s is changed.") % {"name": row.agent.name})
        return _back(request, row.agent)
    return _show(request, row.agent, form, row, status=400 if form.is_bound else 200)


@require_POST
@agent_required
def cancel(request: AgentRequest, absence_id: UUID) -> HttpResponse:
    row = get_object_or_404(absences_visible_to(request.agent), pk=absence_id)
    try:
        services.cancel_absence(row.pk, by=request.agent)
    except DomainError as refusal:
        return refuse(request, refusal)
    messages.success(request, _("The absence of %(name)s is cancelled.") % {"name": row.agent.name})
    return _back(request, row.agent)


def _teams_of(agent: Agent) -> frozenset[UUID]:
    return frozenset(agent.teams.values_list("pk", flat=True))


def _form(request: AgentRequest, agent: Agent, row: Absence | None = None) -> AbsenceForm:
    reader, team_ids = request.agent, _teams_of(agent)
    # Object rule 11: an admin who records an absence for the desk does not read what is noted there.
    shows_note = reader.pk == agent.pk or not reach_of(reader).in_charge.isdisjoint(team_ids)
    return AbsenceForm(
        request.POST or None,
        agent=agent,
        absence=row,
        shows_note=shows_note,
        may_confirm=may_confirm_open_end(reader, team_ids=team_ids),
    )


def _show(
    request: AgentRequest, agent: Agent, form: AbsenceForm, row: Absence | None = None, *, status: int
) -> HttpResponse:
    is_own = agent.pk == request.agent.pk
    facts = {"form": form, "person": agent, "absence": row, "is_own": is_own}
    return render(request, "desk/people/absence.html", facts, status=status)


def _back(request: AgentRequest, agent: Agent) -> HttpResponse:
    return redirect("desk:account" if agent.pk == request.agent.pk else "desk:people")
