"""Small work items of a ticket (domain.md section 6)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent, ApiClient, Team
from core.actors import Actor
from core.errors import Invalid, StaleVersion, Text
from core.events import publish
from core.history import record
from core.moments import OUT_OF_RANGE, is_possible
from core.service import service
from tickets.enums import EntryKind, TaskStatus
from tickets.errors import TaskBlocked, TaskNotYours, TaskTransition
from tickets.events import TaskAssigned, TaskChanged
from tickets.in_sight import is_in_sight
from tickets.models import Task, Ticket
from tickets.policies import may_create_task, may_work_task, works_tickets
from tickets.selectors import readers_among
from tickets.services._common import add_entry, lock, not_the_owner, refuse_if_ended, touch
from tickets.transitions import TASK_STEPS

T = TaskStatus
OWN_FIELDS = ("title", "description", "due_at", "is_mandatory")
ASSIGNMENT = ("assigned_to", "team")


class TaskDetails(TypedDict, total=False):
    """What a task may have beside its title."""

    description: str
    due_at: datetime | None
    is_mandatory: bool
    assigned_to: Agent | None
    team: Team | None
    blocked_by: Iterable[UUID]


class TaskValues(TaskDetails, total=False):
    """What of a task may be changed."""

    title: str


@service
def create_task(ticket_id: UUID, *, by: Actor, title: str, **details: Unpack[TaskDetails]) -> Task:
    """Add a task; a mandatory one keeps the ticket from being resolved. Whoever gets it must be able to see the ticket.

    Raises NotOwner, OwnersActForbidden or ScopeMissing, TicketClosed, Invalid.
    """
    ticket = lock(ticket_id)
    if not may_create_task(by, ticket):
        raise ScopeMissing(scope=Scope.TASKS_WRITE) if isinstance(by, ApiClient) else not_the_owner(by, ticket)
    refuse_if_ended(ticket)
    task = Task(ticket=ticket)
    values: TaskValues = {"title": title, **details}
    blockers = _checked(task, values)
    now = timezone.now()
    _set_fields(task, values)
    record(task, by=by)
    task.blocked_by.set(blockers or ())
    facts = {"event": "task_created", "title": task.title}
    _tell(task, EntryKind.TASK_CREATED, by=by, at=now, facts=facts)
    _tell_assignee(task, by=by, at=now)
    return task


@service
def edit_task(task_id: UUID, *, by: Actor, version: int | None = None, **values: Unpack[TaskValues]) -> Task:
    """Change the given values of an unfinished task, all or none: its words, who has it, what it waits for.

    Whoever works a task may hand it on; whether the ticket waits for it (`is_mandatory`) is up to those who add tasks.
    Raises TaskNotYours, NotOwner or ScopeMissing, TicketClosed, TaskTransition, Invalid, StaleVersion.
    """
    task = _lock_task(task_id, by=by)
    if values.get("is_mandatory", task.is_mandatory) != task.is_mandatory and not may_create_task(by, task.ticket):
        raise not_the_owner(by, task.ticket)
    _refuse_unless(task, T.TODO, T.IN_PROGRESS)
    blockers = _checked(task, values)
    _check_version(task, version)
    now, before = timezone.now(), list(task.blocked_by.all())
    changed = _set_fields(task, values)
    is_blocked_anew = blockers is not None and set(blockers) != set(before)
    if not changed and not is_blocked_anew:
        return task
    record(task, by=by, update_fields=changed)
    if is_blocked_anew and blockers is not None:
        task.blocked_by.set(blockers)
    for facts in _news(task, changed, blockers if is_blocked_anew else None):
        add_entry(task.ticket, EntryKind.CHANGE, author=by, at=now, facts=facts)
    _publish(task, by=by, at=now)
    if "assigned_to" in changed:
        _tell_assignee(task, by=by, at=now)
    return task


def _set_fields(task: Task, values: TaskValues) -> list[str]:
    """Set the columns among `values`; answers the names of those that differ from before."""
    changed = []
    for name in (*OWN_FIELDS, *ASSIGNMENT):
        if name not in values:
            continue
        value = values[name]  # type: ignore[literal-required]  # one of its names
        value = value.strip()[: 255 if name == "title" else None] if isinstance(value, str) else value
        if value != getattr(task, name):
            setattr(task, name, value)
            changed.append(name)
    return changed


def _news(task: Task, changed: list[str], blockers: list[Task] | None) -> Iterator[dict[str, Any]]:
    """Facts of the timeline's entries: words, person or team, what comes before."""
    if fields := [name for name in OWN_FIELDS if name in changed]:
        yield {"event": "task_edited", "title": task.title, "fields": fields}
    if any(name in changed for name in ASSIGNMENT):
        agent, team = task.assigned_to, task.team
        names = {"agent": agent.name if agent else "", "team": team.name if team else ""}
        yield {"event": "task_assigned", "title": task.title, **names}
    if blockers is not None:
        yield {"event": "task_waits", "title": task.title, "before": ", ".join(before.title for before in blockers)}


def _checked(task: Task, values: TaskValues) -> list[Task] | None:
    """The tasks that are to come before, None if that is not asked. Raises Invalid for values that cannot be."""
    problems: dict[str, Text | list[Text]] = {}
    if "title" in values and not values["title"].strip():
        problems["title"] = _("A task needs a title.")
    if (due_at := values.get("due_at")) is not None and not is_possible(due_at):
        problems["due_at"] = OUT_OF_RANGE
    if (agent := values.get("assigned_to")) is not None and (why := _why_not_for(agent, task.ticket)):
        problems["assigned_to"] = why
    if (team := values.get("team")) is not None and (why := _why_not_for_team(team, task.ticket)):
        problems["team"] = why
    blockers: list[Task] | None = None
    if "blocked_by" in values:
        wanted = set(values["blocked_by"])
        blockers = list(Task.objects.filter(ticket=task.ticket, pk__in=wanted).order_by("created_at", "id"))
        if task.pk in wanted:
            problems["blocked_by"] = _("A task does not wait for itself.")
        elif len(blockers) != len(wanted):
            problems["blocked_by"] = _("A task waits for tasks of its own ticket only.")
        elif circle := _circle(task, blockers):
            problems["blocked_by"] = _("“%(title)s” already waits for this task.") % {"title": circle.title}
    if problems:
        raise Invalid(problems)
    return blockers


def _why_not_for(agent: Agent, ticket: Ticket) -> Text | None:
    if not agent.is_active or not works_tickets(agent):
        return _("%(agent)s does not work on tickets.") % {"agent": agent.name}
    if is_in_sight(agent, ticket.pk):
        return None
    return _("%(agent)s cannot see this ticket.") % {"agent": agent.name}


def _why_not_for_team(team: Team, ticket: Ticket) -> Text | None:
    if not team.is_active:
        return _("This team takes no tasks any more.")
    if team.pk == ticket.team_id or readers_among(list(Agent.objects.active().filter(teams=team)), ticket):
        return None
    return _("Nobody of the team %(team)s can see this ticket.") % {"team": team.name}


def _circle(task: Task, blockers: list[Task]) -> Task | None:
    """One of `blockers` that waits for `task` itself, over however many others.

    The ticket is locked and holds all these tasks, so nobody else ties another knot meanwhile.
    """
    waits_for: dict[UUID, set[UUID]] = {}
    pairs = Task.blocked_by.through.objects.filter(from_task__ticket=task.ticket)
    for waiting, before in pairs.values_list("from_task_id", "to_task_id"):
        waits_for.setdefault(waiting, set()).add(before)
    for blocker in blockers:
        seen: set[UUID] = set()
        ahead = {blocker.pk}
        while ahead:
            seen |= ahead
            ahead = set().union(*(waits_for.get(pk, set()) for pk in ahead)) - seen
        if task.pk in seen:
            return blocker
    return None


def _tell(task: Task, kind: EntryKind, *, by: Actor, at: datetime, facts: dict[str, Any]) -> None:
    add_entry(task.ticket, kind, author=by, at=at, facts=facts)
    _publish(task, by=by, at=at)


def _publish(task: Task, *, by: Actor, at: datetime) -> None:
    if isinstance(by, Agent):
        touch(task.ticket, last_staff_activity_at=at)
    publish(TaskChanged(ticket_id=task.ticket_id, task_id=task.pk, status=str(task.status), occurred_at=at))


def _tell_assignee(task: Task, *, by: Actor, at: datetime) -> None:
    if task.assigned_to_id is None:
        return
    assigned_by = by.pk if isinstance(by, Agent) else None
    publish(
        TaskAssigned(
            ticket_id=task.ticket_id,
            task_id=task.pk,
            agent_id=task.assigned_to_id,
            assigned_by_id=assigned_by,
            occurred_at=at,
        )
    )


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
