"""Tasks of a ticket: add, edit, hand on, start, finish, cancel, open again."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.auth import AgentRequest, agent_required
from accounts.enums import Role
from accounts.models import Agent
from desk.envelopes.tabs import tab_url
from desk.forms import NeededReasonForm
from desk.task_forms import AssignTaskForm, EditTaskForm, TaskForm
from desk.ticket_page import act, refused
from desk.unfinished import posted_or_typed
from desk.views.forms import form_act
from desk.workspace import visible_ticket
from envelopes.models import Envelope, EnvelopeTask
from envelopes.people import WORK_TICKETS, who_may_have_tasks_of
from tickets import services
from tickets.errors import TaskNotYours
from tickets.hidden import kin_of
from tickets.models import Task, Ticket
from tickets.policies import may_shape_task, may_work_task
from tickets.selectors import task_readers_among

STEPS = {
    "start": (services.start_task, gettext_lazy("Task started")),
    "finish": (services.finish_task, gettext_lazy("Task done")),
    "reopen": (services.reopen_task, gettext_lazy("Task open again")),
}


def _shown(request: AgentRequest, reference: str, task_id: UUID) -> tuple[Ticket, Task]:
    """404 for what is missing and for what is hidden, at the same cost."""
    in_sight = Ticket.objects.visible_to(request.agent).filter(pk=OuterRef("ticket"), reference=reference.upper())
    rows = Task.objects.shown_to(request.agent).filter(Exists(in_sight.order_by()))
    task: Task = get_object_or_404(rows, pk=task_id)
    task.ticket = visible_ticket(request.agent, reference)
    return task.ticket, task


def _candidates(ticket: Ticket, *, now: Task | None = None) -> QuerySet[Agent]:
    """Who may be given a task: the owner and the team's people who work tickets; of a hidden one those who see it. And
    who has it `now`.
    """
    people = Agent.objects.active().filter(Q(teams=ticket.team, roles__overlap=WORK_TICKETS) | Q(pk=ticket.owner_id))
    found = people.values_list("pk", flat=True)
    if now is not None and now.is_hidden:
        envelope = _envelope_of(now)
        found = who_may_have_tasks_of(envelope).values_list("pk", flat=True) if envelope else _who_see(now)
    has_it = now.assigned_to_id if now else None
    return Agent.objects.filter(Q(pk__in=found) | Q(pk=has_it, is_active=True)).order_by("name", "id")


def _who_see(task: Task) -> Any:
    """Ids of those in charge who work tickets and see a task that belongs to no envelope, such as coaching."""
    leads = Agent.objects.active().filter(roles__overlap=[Role.TEAM_LEAD, Role.SUPERVISOR])
    return leads.filter(pk__in=task_readers_among(list(leads), task)).values_list("pk", flat=True)


def _is_for_others(request: AgentRequest, task: Task) -> bool:
    """No form for those who may not send it; what they send all the same, the service refuses."""
    return request.method != "POST" and not may_work_task(request.agent, task)


def _envelope_of(task: Task) -> Envelope | None:
    """Whose tab shows the task; not each hidden one has one."""
    rows = EnvelopeTask.objects.select_related("envelope__ticket")
    row = rows.filter(task=task).first() if task.is_hidden else None
    return row.envelope if row else None


def _tab_of(task: Task) -> int | None:
    envelope = _envelope_of(task)
    return envelope.number if envelope else None


def _back_to(ticket: Ticket, tab: int | None) -> dict[str, Any]:
    if tab is None:
        return {}
    return {"back_url": tab_url(ticket.reference, tab), "back_label": _("Back to the envelope")}


@require_http_methods(["GET", "POST"])
@agent_required
def add(request: AgentRequest, reference: str) -> HttpResponse:
    ticket = visible_ticket(request.agent, reference)
    form = TaskForm(posted_or_typed(request), candidates=_candidates(ticket), auto_id="task-%s")

    def create(values: dict[str, Any]) -> None:
        services.create_task(ticket.pk, by=request.agent, **values)

    words = {"title": _("Add task"), "submit": _("Add task"), "icon": "plus"}
    return form_act(request, ticket, form, create, said=_("Task added"), words=words)


@require_http_methods(["GET", "POST"])
@agent_required
def edit(request: AgentRequest, reference: str, task_id: UUID) -> HttpResponse:
    """What is to be done, until when, after what; only what differs from what the person saw is written."""
    ticket, task = _shown(request, reference, task_id)
    if _is_for_others(request, task):
        return refused(request, ticket, TaskNotYours())
    before = list(task.blocked_by.all())
    possible = ticket.tasks.filter(Q(is_hidden=False) | kin_of(task)).exclude(pk=task.pk)
    others = [other for other in possible if other.is_open or other in before]
    initial = {
        "version": task.version,
        "title": task.title,
        "description": task.description,
        "due_at": task.due_at.replace(second=0, microsecond=0) if task.due_at else None,
        "is_mandatory": task.is_mandatory,
        "blocked_by": [str(other.pk) for other in before],
    }
    tab = _tab_of(task)
    form = EditTaskForm(
        posted_or_typed(request),
        others=others,
        is_of_envelope=tab is not None,
        initial=initial,
        auto_id="edit-task-%s",
    )
    if not may_shape_task(request.agent, task):
        del form.fields["is_mandatory"]  # its assignee does not decide what the ticket waits for

    def save(values: dict[str, Any]) -> None:
        changed: Any = {name: values[name] for name in form.changed_data if name != "version"}
        services.edit_task(task.pk, by=request.agent, version=values["version"], **changed)

    words = {"title": _("Edit task"), "submit": _("Save changes"), "icon": "check", **_back_to(ticket, tab)}
    return form_act(request, ticket, form, save, said=_("Saved"), words=words, tab=tab)


@require_http_methods(["GET", "POST"])
@agent_required
def assign(request: AgentRequest, reference: str, task_id: UUID) -> HttpResponse:
    ticket, task = _shown(request, reference, task_id)
    if _is_for_others(request, task):
        return refused(request, ticket, TaskNotYours())
    form = AssignTaskForm(
        posted_or_typed(request),
        candidates=_candidates(ticket, now=task),
        for_teams=not task.is_hidden,
        initial={"version": task.version, "assigned_to": task.assigned_to_id, "team": task.team_id},
        auto_id="assign-task-%s",
    )

    def give(values: dict[str, Any]) -> None:
        changed: Any = {name: values[name] for name in form.changed_data if name != "version"}
        services.edit_task(task.pk, by=request.agent, version=values["version"], **changed)

    tab = _tab_of(task)
    words = {
        "title": _("Assign task: %(title)s") % {"title": task.title},
        "submit": _("Assign task"),
        "icon": "user-plus",
        "lead": _("A new assignee is told. The owner of the ticket stays its owner."),
        **_back_to(ticket, tab),
    }
    return form_act(request, ticket, form, give, said=_("Task assigned"), words=words, tab=tab)


@require_http_methods(["GET", "POST"])
@agent_required
def step(request: AgentRequest, reference: str, task_id: UUID, name: str) -> HttpResponse:
    """Start, finish or open a task again; `cancel` asks for its reason first."""
    ticket, task = _shown(request, reference, task_id)
    tab = _tab_of(task)
    if name == "cancel":
        form = NeededReasonForm(posted_or_typed(request), auto_id="cancel-task-%s")
        words = {
            "title": _("Cancel task: %(title)s") % {"title": task.title},
            "submit": _("Cancel task"),
            "tone": "danger",
            **_back_to(ticket, tab),
        }
        return form_act(
            request,
            ticket,
            form,
            lambda values: services.cancel_task(task.pk, by=request.agent, reason=values["reason"]),
            said=_("Task cancelled"),
            words=words,
            tab=tab,
        )
    if name not in STEPS:
        raise Http404
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    service, said = STEPS[name]
    return act(request, reference, lambda _ticket: service(task.pk, by=request.agent), said=str(said), tab=tab)
