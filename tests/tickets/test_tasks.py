"""Tasks after they were added: changed, handed on, put behind one another (domain.md section 6)."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from accounts.services import deactivate_agent
from core.actors import SystemActor
from core.errors import Invalid, StaleVersion
from core.trail import Change, acts_on
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.errors import NotOwner, TaskBlocked, TaskNotYours, TaskTransition, TicketClosed, TicketIsResolved
from tickets.models import Task, Ticket
from tickets.services import (
    cancel_ticket,
    create_hidden_task,
    create_task,
    edit_task,
    finish_task,
    reopen_task,
    reopen_ticket,
    resolve_ticket,
    start_task,
)
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Agent:
    return AgentFactory(name="Mara Weiss")


@pytest.fixture
def ticket(owner: Agent) -> Ticket:
    return TicketFactory(owner=owner)


@pytest.fixture
def jonas(ticket: Ticket) -> Agent:
    return AgentFactory(name="Jonas Kern", teams=[ticket.team])


def a_task(ticket: Ticket, title: str = "Order toner", **details: Any) -> Task:
    return create_task(ticket.pk, by=Agent.objects.get(pk=ticket.owner_id), title=title, **details)


def fresh(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def news(ticket: Ticket) -> list[str]:
    """The timeline's lines on tasks, without the one that a task was added."""
    entries = ticket.entries.filter(facts__event__startswith="task_").exclude(kind="task_created")
    return [describe(entry) for entry in entries.order_by("seq")]


def test_words_and_dates_are_edited_with_history_and_timeline(ticket: Ticket, owner: Agent) -> None:
    task = a_task(ticket)
    due = datetime(2027, 1, 4, 8, tzinfo=UTC)
    edit_task(task.pk, by=owner, version=1, title=" Order two toners ", description="Cyan.", due_at=due)
    after = fresh(task)
    assert (after.title, after.description, after.due_at, after.version) == ("Order two toners", "Cyan.", due, 2)
    newest = task.history.latest("history_id")
    assert (newest.title, newest.actor_name, newest.version) == ("Order two toners", owner.audit_name, 2)
    assert news(ticket) == ["Task changed: Order two toners (Title, Details, Due)"]


def test_what_stays_the_same_leaves_no_trace(ticket: Ticket, owner: Agent) -> None:
    task = a_task(ticket)
    edit_task(task.pk, by=owner, version=1, title="Order toner", assigned_to=None, blocked_by=[])
    assert (fresh(task).version, task.history.count(), news(ticket)) == (1, 1, [])


def test_a_task_is_handed_on_freely_and_counts_as_work_on_the_ticket(
    ticket: Ticket, owner: Agent, jonas: Agent
) -> None:
    nina = AgentFactory(name="Nina Vogt", teams=[ticket.team])
    task = a_task(ticket, assigned_to=jonas)
    before = timezone.now()
    edit_task(task.pk, by=jonas, assigned_to=nina)
    assert fresh(task).assigned_to == nina
    with pytest.raises(TaskNotYours):
        edit_task(task.pk, by=jonas, assigned_to=jonas)
    edit_task(task.pk, by=owner, assigned_to=None, team=ticket.team)
    edit_task(task.pk, by=owner, team=None)
    assert news(ticket) == [
        "Task given to Nina Vogt: Order toner",
        f"Task given to {ticket.team.name}: Order toner",
        "Task given to nobody for now: Order toner",
    ]
    assert Ticket.objects.get(pk=ticket.pk).last_staff_activity_at > before  # type: ignore[operator]


def test_a_task_of_a_team_alone_is_worked_by_its_people(ticket: Ticket, jonas: Agent) -> None:
    auditor = AgentFactory(roles=[Role.AUDITOR], teams=[ticket.team])
    task = a_task(ticket, team=ticket.team)
    with pytest.raises(TaskNotYours):
        start_task(task.pk, by=auditor)
    start_task(task.pk, by=jonas)
    other = a_task(ticket, team=ticket.team, assigned_to=AgentFactory(teams=[ticket.team]))
    with pytest.raises(TaskNotYours):
        start_task(other.pk, by=jonas)


def test_only_people_and_teams_who_see_the_ticket_and_work_are_given_tasks(ticket: Ticket, owner: Agent) -> None:
    task = a_task(ticket)
    gone = AgentFactory(teams=[ticket.team])
    deactivate_agent(gone.pk, by=SystemActor("test"))
    cases: list[tuple[dict[str, Any], str]] = [
        ({"assigned_to": AgentFactory(name="Nina Vogt")}, "Nina Vogt cannot see this ticket."),
        ({"assigned_to": AgentFactory(name="Aude", roles=[Role.AUDITOR])}, "Aude does not work on tickets."),
        ({"assigned_to": Agent.objects.get(pk=gone.pk)}, f"{gone.name} does not work on tickets."),
        ({"team": TeamFactory(name="Network")}, "Nobody of the team Network can see this ticket."),
        ({"team": TeamFactory(is_active=False)}, "This team takes no tasks any more."),
    ]
    for values, message in cases:
        with pytest.raises(Invalid) as refused:
            edit_task(task.pk, by=owner, **values)
        assert refused.value.fields == {next(iter(values)): [message]}
        with pytest.raises(Invalid):
            a_task(ticket, **values)
    assert (fresh(task).version, Task.objects.count(), news(ticket)) == (1, 1, [])


def test_a_foreign_team_with_somebody_who_sees_the_ticket_may_get_a_task(ticket: Ticket, jonas: Agent) -> None:
    network = TeamFactory(name="Network")
    jonas.teams.add(network)
    assert a_task(ticket, team=network).team == network


def test_whether_the_ticket_waits_for_a_task_is_not_up_to_its_assignee(
    ticket: Ticket, owner: Agent, jonas: Agent
) -> None:
    task = a_task(ticket, assigned_to=jonas, is_mandatory=True)
    with pytest.raises(NotOwner):
        edit_task(task.pk, by=jonas, is_mandatory=False)
    edit_task(task.pk, by=jonas, is_mandatory=True, title="Order toners")
    edit_task(task.pk, by=owner, is_mandatory=False)
    assert fresh(task).is_mandatory is False


def test_finished_tasks_and_those_of_ended_tickets_stay_as_they_are(ticket: Ticket, owner: Agent) -> None:
    done, open_one = a_task(ticket), a_task(ticket)
    finish_task(done.pk, by=owner)
    with pytest.raises(TaskTransition) as refused:
        edit_task(done.pk, by=owner, title="x")
    assert refused.value.allowed == ["reopen"]
    cancel_ticket(ticket.pk, by=owner, code="withdrawn")
    with pytest.raises(TicketClosed):
        edit_task(open_one.pk, by=owner, title="x")


def test_an_old_version_is_refused_last_and_all_or_nothing_changes(ticket: Ticket, owner: Agent) -> None:
    task = a_task(ticket)
    with pytest.raises(Invalid):
        edit_task(task.pk, by=owner, version=7, title="x", assigned_to=AgentFactory())
    with pytest.raises(StaleVersion):
        edit_task(task.pk, by=owner, version=7, title="x")
    assert (fresh(task).title, fresh(task).version) == ("Order toner", 1)


def test_a_task_that_waits_is_not_finished_before_the_other(ticket: Ticket, owner: Agent) -> None:
    first, second = a_task(ticket, "Order toner"), a_task(ticket, "Change toner")
    edit_task(second.pk, by=owner, version=1, blocked_by=[first.pk])
    assert fresh(second).version == 2
    (newest, *_earlier) = acts_on(second)
    assert (newest.who, newest.reason, newest.changes) == ("Mara Weiss", "", [Change("Waits for", "–", "Order toner")])
    start_task(second.pk, by=owner)
    with pytest.raises(TaskBlocked, match="Order toner"):
        finish_task(second.pk, by=owner)
    finish_task(first.pk, by=owner)
    assert finish_task(second.pk, by=owner).status == "done"
    assert news(ticket)[0] == "Task Change toner waits for: Order toner"


def test_waiting_ends_by_an_edit_too(ticket: Ticket, owner: Agent) -> None:
    first = a_task(ticket)
    second = a_task(ticket, "Change toner", blocked_by=[first.pk])
    assert list(second.blocked_by.all()) == [first]
    edit_task(second.pk, by=owner, blocked_by=[])
    assert news(ticket) == ["Task Change toner waits for no other task any more"]
    assert acts_on(second)[0].changes == [Change("Waits for", "Order toner", "–")]
    assert finish_task(second.pk, by=owner).status == "done"


def blocked_by(task: Task, *others: Task) -> None:
    edit_task(task.pk, by=Agent.objects.get(pk=task.ticket.owner_id), blocked_by=[other.pk for other in others])


def test_no_circle_of_any_length(ticket: Ticket) -> None:
    tasks = [a_task(ticket, f"Step {number}") for number in range(4)]
    for before, after in pairwise(tasks):
        blocked_by(after, before)
    with pytest.raises(Invalid, match="does not wait for itself"):
        blocked_by(tasks[0], tasks[0])
    for last in tasks[1:]:
        with pytest.raises(Invalid, match=f"“{last.title}” already waits for this task"):
            blocked_by(tasks[0], last)
    blocked_by(tasks[3], tasks[0], tasks[1], tasks[2])  # a shorter way to the same end is no circle
    assert [task.blocked_by.count() for task in tasks] == [0, 1, 1, 3]


def test_a_task_waits_for_tasks_of_its_own_ticket_alone(ticket: Ticket, owner: Agent) -> None:
    other = a_task(TicketFactory(owner=owner))
    with pytest.raises(Invalid, match="its own ticket"):
        blocked_by(a_task(ticket), other)
    with pytest.raises(Invalid, match="its own ticket"):
        a_task(ticket, blocked_by=[other.pk])


def test_no_mandatory_task_holds_up_a_ticket_that_is_resolved(ticket: Ticket, owner: Agent) -> None:
    done, optional = a_task(ticket, is_mandatory=True), a_task(ticket)
    finish_task(done.pk, by=owner)
    resolve_ticket(ticket.pk, by=owner, code="fixed", note="Done.")
    for act in (
        lambda: a_task(ticket, is_mandatory=True),
        lambda: edit_task(optional.pk, by=owner, is_mandatory=True),
        lambda: reopen_task(done.pk, by=owner),
        lambda: create_hidden_task(ticket.pk, by=owner, title="Not for all", is_mandatory=True),
    ):
        with pytest.raises(TicketIsResolved) as refusal:
            act()
        assert refusal.value.as_problem()["allowed"] == ["reopen"]
    assert (fresh(done).status, fresh(optional).is_mandatory, Task.objects.count()) == ("done", False, 2)
    edit_task(optional.pk, by=owner, title="Order paper")
    finish_task(optional.pk, by=owner)
    reopen_task(optional.pk, by=owner)
    a_task(ticket)
    reopen_ticket(ticket.pk, by=owner, reason="It is back")
    reopen_task(done.pk, by=owner)


def test_a_hidden_task_is_worked_by_nobody_who_does_not_see_it(ticket: Ticket, owner: Agent) -> None:
    task = create_hidden_task(ticket.pk, by=owner, title="Not for all")
    for act in (start_task, finish_task):
        with pytest.raises(TaskNotYours):
            act(task.pk, by=owner)
    with pytest.raises(Invalid, match="all who read it see"):
        a_task(ticket, blocked_by=[task.pk])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("length", [2, 3])
def test_no_circle_is_tied_by_simultaneous_calls(length: int) -> None:
    """Each call alone is fine; fails without the lock on the ticket."""
    ticket = TicketFactory(owner=AgentFactory())
    for _round in range(4):
        tasks = [a_task(ticket, f"Step {number}") for number in range(length)]
        pairs = zip(tasks, [*tasks[1:], tasks[0]], strict=True)
        outcomes = in_parallel(*(lambda task=task, other=other: blocked_by(task, other) for task, other in pairs))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Invalid", *["NoneType"] * (length - 1)]
        assert sum(task.blocked_by.count() for task in tasks) == length - 1


OUT_OF_RANGE = [datetime.min.replace(tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]


@pytest.mark.parametrize("due_at", OUT_OF_RANGE)
def test_a_moment_that_no_desk_will_see_is_refused(owner: Agent, ticket: Ticket, due_at: datetime) -> None:
    task = a_task(ticket)
    with pytest.raises(Invalid) as refusal:
        edit_task(task.pk, by=owner, due_at=due_at)
    assert list(refusal.value.fields) == ["due_at"]
    with pytest.raises(Invalid):
        create_task(ticket.pk, by=owner, title="Call again", due_at=due_at)
    task.refresh_from_db()
    assert (task.due_at, Task.objects.count()) == (None, 1)
