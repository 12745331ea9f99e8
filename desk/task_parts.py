"""Tasks of a ticket as `desk/_task.html` shows them, beside the timeline or in an envelope's tab."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from envelopes.enums import OPEN as OPEN_HELP
from tickets.enums import ENDED, TaskStatus, TicketStatus
from tickets.models import CalibrationItem, Task, Ticket
from tickets.policies import is_assignee, may_create_task

Part = dict[str, Any]  # what a template gets


def tasks_of(ticket: Ticket, agent: Agent) -> list[Part]:
    """Those the reader sees, with who has each, what it waits for and the steps from here, in the order in which they
    were made. Two queries, however many there are.
    """
    works_on_all = may_create_task(agent, ticket)
    return [_shown(agent, task, may_shape=works_on_all or task.is_worked_beside) for task in _rows(ticket, agent)]


def _rows(ticket: Ticket, agent: Agent) -> list[Any]:  # Any: annotated
    coaching = Exists(CalibrationItem.objects.filter(coaching_task=OuterRef("pk")))
    tasks = ticket.tasks.shown_to(agent).annotate(
        agent_name=F("assigned_to__name"),
        team_name=F("team__name"),
        is_coaching=coaching,
        help_status=F("envelope_task__envelope__status"),
        is_worked_beside=Exists(Task.objects.worked_beside(agent).filter(pk=OuterRef("pk")).order_by()),
    )
    before = Prefetch("blocked_by", Task.objects.only("title", "status", "created_at").order_by())
    return sorted(tasks.prefetch_related(before).order_by(), key=lambda task: task.created_at)


def _shown(agent: Agent, task: Any, *, may_shape: bool) -> Part:  # Any: annotated
    """One task and the steps that are possible from here."""
    is_over = task.ticket.status in ENDED and not task.is_coaching
    has_ended = task.help_status is not None and task.help_status not in OPEN_HELP
    may_work = not (is_over or has_ended) and (may_shape or is_assignee(agent, task))
    may_reopen = not (task.is_mandatory and task.ticket.status == TicketStatus.RESOLVED)
    reference = task.ticket.reference

    def at(name: str) -> str:
        """Address of a form for a task that is still open."""
        return reverse(f"desk:task-{name}", args=[reference, task.pk]) if may_work and task.is_open else ""

    steps = {
        TaskStatus.TODO: [("start", _("Start")), ("finish", _("Done"))],
        TaskStatus.IN_PROGRESS: [("finish", _("Done"))],
        TaskStatus.DONE: [("reopen", _("Open again"))] if may_reopen else [],
        TaskStatus.CANCELLED: [],
    }[TaskStatus(task.status)]
    waits_for = [before.title for before in task.blocked_by.all() if before.is_open] if task.is_open else []
    return {
        "task": task,
        "is_done": task.status == TaskStatus.DONE,
        "is_cancelled": task.status == TaskStatus.CANCELLED,
        "is_overdue": task.is_open and task.due_at is not None and task.due_at < timezone.now(),
        "steps": [
            {"label": label, "url": reverse("desk:task-step", args=[reference, task.pk, step])}
            for step, label in steps
            if may_work and not (step == "finish" and waits_for)
        ],
        "receivers": [name for name in (task.agent_name, task.team_name) if name],
        "waits_for": ", ".join(waits_for),
        "edit_url": at("edit"),
        "assign_url": at("assign"),
        "cancel_url": reverse("desk:task-step", args=[reference, task.pk, "cancel"])
        if may_work and task.is_open
        else "",
    }
