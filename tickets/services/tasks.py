"""Small work items of a ticket (domain.md section 6)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db.models import Q
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
from tickets import guards, hidden
from tickets.enums import EntryKind, TaskStatus, TicketStatus
from tickets.errors import TaskBlocked, TaskNotYours, TaskTransition, TicketIsResolved
from tickets.events import TaskAssigned, TaskChanged
from tickets.in_sight import is_in_sight
from tickets.models import CalibrationItem, Task, Ticket
from tickets.policies import may_create_task, may_shape_task, may_work_task, works_tickets
from tickets.selectors import readers_among
from tickets.services._common import add_entry, lock, not_the_owner, refuse_if_ended, touch
from tickets.transitions import TASK_STEPS

T = TaskStatus
OWN_FIELDS = ("title", "description", "due_at", "is_mandatory")
ASSIGNMENT = ("assigned_to", "team")
WAITS_FOR = _("A task waits only for tasks of its own ticket that all who read it see.")
HIDDEN_WAITS_FOR = _(
    "A task of an envelope waits only for others of it, and for tasks that all who read the ticket see."
)


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

    Raises NotOwner, OwnersActForbidden or ScopeMissing, TicketClosed, TicketIsResolved, Invalid.
    """
    ticket = lock(ticket_id)
    if not may_create_task(by, ticket):
        raise ScopeMissing(scope=Scope.TASKS_WRITE) if isinstance(by, ApiClient) else not_the_owner(by, ticket)
    return _create(Task(ticket=ticket), by=by, title=title, **details)


@service
def create_hidden_task(
    ticket_id: UUID, *, by: Actor, title: str, kin: Q = hidden.NONE, **details: Unpack[TaskDetails]
) -> Task:
    """A task that nobody sees but whom an app above shows it to (`tickets.hidden`), and of which no timeline tells.

    That app has asked whether `by` may add it and whether its assignee may see it; `kin` are the hidden tasks of the
    same help. Raises TicketClosed, TicketIsResolved or Invalid.
    """
    return _create(Task(ticket=lock(ticket_id), is_hidden=True), by=by, title=title, kin=kin, **details)


def _create(task: Task, *, by: Actor, title: str, kin: Q = hidden.NONE, **details: Unpack[TaskDetails]) -> Task:
    refuse_if_ended(task.ticket)
    values: TaskValues = {"title": title, **details}
    _refuse_to_hold_up(task, is_mandatory=bool(details.get("is_mandatory")))
    blockers = _checked(task, values, kin)
    now = timezone.now()
    _set_fields(task, values)
    record(task, by=by)
    task.blocked_by.set(blockers or ())
    facts = {"event": "task_created", "title": task.title}
    _tell(task, EntryKind.TASK_CREATED, by=by, at=now, facts=facts)
    tell_assignee(task, by=by, at=now)
    return task


@service
def edit_task(task_id: UUID, *, by: Actor, version: int | None = None, **values: Unpack[TaskValues]) -> Task:
    """Change the given values of an unfinished task, all or none: its words, who has it, what it waits for.

    Whoever works a task may hand it on; whether the ticket waits for it (`is_mandatory`) is up to those who add tasks.
    Raises TaskNotYours, NotOwner or ScopeMissing, TicketClosed, TaskTransition, TicketIsResolved, Invalid or
    StaleVersion.
    """
    task = _lock_task(task_id, by=by)
    if values.get("is_mandatory", task.is_mandatory) != task.is_mandatory and not may_shape_task(by, task):
        raise not_the_owner(by, task.ticket)
    _refuse_unless(task, T.TODO, T.IN_PROGRESS)
    _refuse_to_hold_up(task, is_mandatory=values.get("is_mandatory", False) and not task.is_mandatory)
    blockers = _checked(task, values, hidden.kin_of(task))
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
        _write(task, EntryKind.CHANGE, by=by, at=now, facts=facts)
    _publish(task, by=by, at=now)
    if "assigned_to" in changed:
        tell_assignee(task, by=by, at=now)
    return task


def put_hidden_task(ticket: Ticket, *, by: Actor, at: datetime, **values: Unpack[TaskValues]) -> Task:
    """Add a hidden task to a ticket, whatever its state: for what the desk itself asks of people. The caller says what
    it belongs to, and after that calls `tell_assignee`.
    """
    task = Task(ticket=ticket, is_hidden=True)
    _set_fields(task, values)
    record(task, by=by)
    _publish(task, by=by, at=at)
    return task


@service
def end_hidden_tasks(ticket_id: UUID, *, ids: Iterable[UUID], by: Actor) -> int:
    """What is unfinished of these ends with the help it belonged to; the app above has asked whether `by` may."""
    ticket = lock(ticket_id)
    unfinished = Task.objects.filter(
        ticket=ticket, pk__in=list(ids), is_hidden=True, status__in=[T.TODO, T.IN_PROGRESS]
    )
    tasks = list(unfinished.order_by("pk").select_for_update(of=("self",)))
    for task in tasks:
        task.ticket = ticket
        task.cancel(reason="")
        record(task, by=by, update_fields=["status", "cancel_reason"])
        _publish(task, by=by, at=timezone.now())
    return len(tasks)


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


def _checked(task: Task, values: TaskValues, kin: Q) -> list[Task] | None:
    """The tasks that are to come before, None if that is not asked; hidden ones only among `kin`. Raises Invalid for
    values that cannot be.
    """
    problems: dict[str, Text | list[Text]] = {}
    if "title" in values and not values["title"].strip():
        problems["title"] = _("A task needs a title.")
    if (due_at := values.get("due_at")) is not None and not is_possible(due_at):
        problems["due_at"] = OUT_OF_RANGE
    if (agent := values.get("assigned_to")) is not None and (why := _why_not_for(agent, task)):
        problems["assigned_to"] = why
    if (team := values.get("team")) is not None and (why := _why_not_for_team(team, task)):
        problems["team"] = why
    blockers: list[Task] | None = None
    if "blocked_by" in values:
        wanted = set(values["blocked_by"])
        known = Task.objects.filter(Q(is_hidden=False) | kin, ticket=task.ticket, pk__in=wanted)
        blockers = list(known.order_by("created_at", "id"))
        if task.pk in wanted:
            problems["blocked_by"] = _("A task does not wait for itself.")
        elif len(blockers) != len(wanted):
            problems["blocked_by"] = HIDDEN_WAITS_FOR if task.is_hidden else WAITS_FOR
        elif circle := _circle(task, blockers):
            problems["blocked_by"] = _("“%(title)s” already waits for this task.") % {"title": circle.title}
    if problems:
        raise Invalid(problems)
    return blockers


def _why_not_for(agent: Agent, task: Task) -> Text | None:
    if not agent.is_active or not works_tickets(agent):
        return _("%(agent)s does not work on tickets.") % {"agent": agent.name}
    if task.is_hidden and not task._state.adding and not Task.objects.shown_to(agent).filter(pk=task.pk).exists():
        return _("%(agent)s cannot see this task.") % {"agent": agent.name}
    if is_in_sight(agent, task.ticket_id):
        return None
    return _("%(agent)s cannot see this ticket.") % {"agent": agent.name}


def _why_not_for_team(team: Team, task: Task) -> Text | None:
    ticket = task.ticket
    if not team.is_active:
        return _("This team takes no tasks any more.")
    if task.is_hidden:
        return _("Not all of a team see this task; give it to a person who does.")
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
    _write(task, kind, by=by, at=at, facts=facts)
    _publish(task, by=by, at=at)


def _write(task: Task, kind: EntryKind, *, by: Actor, at: datetime, facts: dict[str, Any]) -> None:
    """On the timeline, whose readers must not learn of a hidden task; of that one its history tells."""
    if not task.is_hidden:
        add_entry(task.ticket, kind, author=by, at=at, facts=facts)


def _publish(task: Task, *, by: Actor, at: datetime) -> None:
    if isinstance(by, Agent):
        touch(task.ticket, last_staff_activity_at=at)
    publish(TaskChanged(ticket_id=task.ticket_id, task_id=task.pk, status=str(task.status), occurred_at=at))


def tell_assignee(task: Task, *, by: Actor, at: datetime) -> None:
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
    """The task and its ticket, locked in this order. Raises TaskNotYours or ScopeMissing, TicketClosed, or what
    `task_guards` say.
    """
    ticket = lock(Task.objects.values_list("ticket_id", flat=True).get(pk=task_id))
    task = Task.objects.select_for_update(of=("self",)).get(pk=task_id)
    task.ticket = ticket
    if not may_work_task(by, task) or not _is_shown(task, by):
        raise ScopeMissing(scope=Scope.TASKS_WRITE) if isinstance(by, ApiClient) else TaskNotYours
    if not _outlives_ticket(task):
        refuse_if_ended(ticket)
    guards.ask(guards.task_guards, task)
    return task


def _is_shown(task: Task, by: Actor) -> bool:
    """Whoever may work on all tasks of a ticket does not work on those that are hidden from them."""
    return not task.is_hidden or Task.objects.shown_to(by).filter(pk=task.pk).exists()


def _refuse_to_hold_up(task: Task, *, is_mandatory: bool) -> None:
    """A resolved ticket has no open mandatory task, as none is resolved with one."""
    if is_mandatory and task.ticket.status == TicketStatus.RESOLVED:
        raise TicketIsResolved(reference=task.ticket.reference, allowed=["reopen"])


def _outlives_ticket(task: Task) -> bool:
    """Calibration looks back: by then most tickets are closed, and coaching is not over with them."""
    return task.ticket.is_ended and CalibrationItem.objects.filter(coaching_task=task).exists()


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
    _refuse_to_hold_up(task, is_mandatory=task.is_mandatory)
    _check_version(task, version)
    task.reopen()
    record(task, by=by, update_fields=["status", "started_at", "completed_at"])
    facts = {"event": "task_reopened", "title": task.title}
    _tell(task, EntryKind.SYSTEM, by=by, at=timezone.now(), facts=facts)
    return task
