"""Tasks of a ticket: add, start, finish, cancel, open again."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent
from desk.forms import NeededReasonForm, TaskForm
from desk.ticket_page import act
from desk.views.forms import form_act
from desk.workspace import visible_ticket
from tickets import services

STEPS = {
    "start": (services.start_task, gettext_lazy("Task started")),
    "finish": (services.finish_task, gettext_lazy("Task done")),
    "reopen": (services.reopen_task, gettext_lazy("Task open again")),
}


@require_http_methods(["GET", "POST"])
@agent_required
def add(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    candidates = Agent.objects.active().filter(teams=ticket.team).order_by("name")
    form = TaskForm(request.POST if request.method == "POST" else None, candidates=candidates, auto_id="task-%s")

    def create(values: dict[str, Any]) -> None:
        services.create_task(ticket.pk, by=request.agent, **values)

    words = {"title": _("Add task"), "submit": _("Add task"), "icon": "plus"}
    return form_act(request, ticket, form, create, said=_("Task added"), words=words)


@require_http_methods(["GET", "POST"])
@agent_required
def step(request: AgentRequest, reference: str, task_id: UUID, name: str) -> HttpResponse:
    """Start, finish or open a task again; `cancel` asks for its reason first."""
    ticket = visible_ticket(request.agent, reference)
    task = get_object_or_404(ticket.tasks, pk=task_id)
    if name == "cancel":
        form = NeededReasonForm(request.POST if request.method == "POST" else None, auto_id="cancel-task-%s")
        words = {
            "title": _("Cancel task: %(title)s") % {"title": task.title},
            "submit": _("Cancel task"),
            "tone": "danger",
        }
        return form_act(
            request,
            ticket,
            form,
            lambda values: services.cancel_task(task.pk, by=request.agent, reason=values["reason"]),
            said=_("Task cancelled"),
            words=words,
        )
    if name not in STEPS:
        raise Http404
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    service, said = STEPS[name]
    return act(request, reference, lambda _ticket: service(task.pk, by=request.agent), said=str(said))
