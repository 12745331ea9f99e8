"""Small work items of a ticket (domain.md section 6)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent, ApiClient
from core.actors import Actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record
from core.service import service
from tickets.enums import EntryKind, TaskStatus
from tickets.errors import TaskBlocked, TaskNotYours, TaskTransition
from tickets.events import TaskChanged
from tickets.models import Task, Ticket
from tickets.policies import may_create_task, may_work_task
from tickets.services._common import add_entry, lock, not_the_owner, refuse_if_ended, touch
from tickets.transitions import TASK_STEPS

T = TaskStatus


@service
def create_task(
    ticket_id: UUID,
    *,
    by: Actor,
    title: str,
    description: str = "",
    assigned_to: Agent | None = None,
    is_mandatory: bool = False,
    due_at: datetime | None = None,
) -> Task:
    """Add a task; a mandatory one keeps the ticket from being resolved. The assignee must be able to see the ticket."""
    ticket = lock(ticket_id)
    if not may_create_task(by, ticket):
        raise ScopeMissing(scope=Scope.TASKS_WRITE) if isinstance(by, ApiClient) else not_the_owner(by, ticket)
    refuse_if_ended(ticket)
    if not title.strip():
        raise Invalid({"title": _("A task needs a title.")})
    if assigned_to is not None and not Ticket.objects.visible_to(assigned_to).filter(pk=ticket.pk).exists():
        raise Invalid({"assigned_to": _("%(agent)s cannot see this ticket.") % {"agent": assigned_to.name}})
    now = timezone.now()
    task = Task(
        ticket=ticket,
        title=title.strip()[:255],
        description=description.strip(),
        assigned_to=assigned_to,
        is_mandatory=is_mandatory,
        due_at=due_at,
    )
    record(task, by=by)
    facts = {"event": "task_created", "title": task.title}
    _tell(task, EntryKind.TASK_CREATED, by=by, at=now, facts=facts)
    return task


def _tell(task: Task, kind: EntryKind, *, by: Actor, at: datetime, facts: dict[str, Any]) -> None:
    add_entry(task.ticket, kind, author=by, at=at, facts=facts)
    if isinstance(by, Agent):
        touch(task.ticket, last_staff_activity_at=at)
    publish(TaskChanged(ticket_id=task.ticket_id, task_id=task.pk, status=str(task.status), occurred_at=at))


def _lock_task(task_id: UUID, *, by: Actor) -> Task:
    """The task and its ticket, locked in this order. Raises TaskNotYours or ScopeMissing, TicketClosed."""
    ticket = lock(Task.objects.values_list("ticket_id", flat=True).get(pk=task_id))
    task = Task.objects.select_for_update(of=("self",)).get(pk=task_id)
    task.ticket = ticket
    if not may_work_task(by, task):
        raise ScopeMissing(scope=Scope.TASKS_WRITE) if isinstance(by, ApiClient) else TaskNotYours
    refuse_if_ended(ticket)
    return task


def _refuse_unless(task: Task, *statuses: TaskStatus) -> None:
    if task.status not in statuses:
        status = TaskStatus(task.status)
        raise TaskTransition(status=status.label, allowed=TASK_STEPS[status])


def _check_version(task: Task, version: int | None) -> None:
    """Last of all refusals."""
    if version is not None and version != task.version:
        raise StaleVersion(given=version, current=task.version)


@service
def start_task(task_id: UUID, *, by: Actor, version: int | None = None) -> Task:
    task = _lock_task(task_id, by=by)
    _refuse_unless(task, T.TODO)
    _check_version(task, version)
    now = timezone.now()
    task.start(at=now)
    record(task, by=by, update_fields=["status", "started_at"])
    _tell(task, EntryKind.SYSTEM, by=by, at=now, facts={"event": "task_started", "title": task.title})
    return task


@service
def finish_task(task_id: UUID, *, by: Actor, version: int | None = None) -> Task:
    """Raises TaskBlocked while a task that comes before is still open."""
    task = _lock_task(task_id, by=by)
    _refuse_unless(task, T.TODO, T.IN_PROGRESS)
    before = task.blocked_by.filter(status__in=[T.TODO, T.IN_PROGRESS]).values_list("title", flat=True)
    if titles := list(before):
        raise TaskBlocked(titles=", ".join(titles))
    _check_version(task, version)
    now = timezone.now()
    task.finish(at=now)
    record(task, by=by, update_fields=["status", "started_at", "completed_at"])
    _tell(task, EntryKind.TASK_COMPLETED, by=by, at=now, facts={"event": "task_done", "title": task.title})
    return task


@service
def cancel_task(task_id: UUID, *, by: Actor, reason: str, version: int | None = None) -> Task:
    task = _lock_task(task_id, by=by)
    _refuse_unless(task, T.TODO, T.IN_PROGRESS)
    if not reason.strip():
        raise Invalid({"reason": _("Say why the task is not needed.")})
    _check_version(task, version)
    task.cancel(reason=reason.strip())
    record(task, by=by, reason=reason, update_fields=["status", "cancel_reason"])
    facts = {"event": "task_cancelled", "title": task.title}
    _tell(task, EntryKind.SYSTEM, by=by, at=timezone.now(), facts=facts)
    return task


@service
def reopen_task(task_id: UUID, *, by: Actor, version: int | None = None) -> Task:
    task = _lock_task(task_id, by=by)
    _refuse_unless(task, T.DONE)
    _check_version(task, version)
    task.reopen()
    record(task, by=by, update_fields=["status", "started_at", "completed_at"])
    facts = {"event": "task_reopened", "title": task.title}
    _tell(task, EntryKind.SYSTEM, by=by, at=timezone.now(), facts=facts)
    return task
