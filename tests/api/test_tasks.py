"""PATCH on a task: what may be changed, and how it is refused."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import signed_in
from tests.factories import AgentFactory, ApiClientFactory, TicketFactory
from tickets.models import Task, Ticket
from tickets.services import create_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket() -> Ticket:
    return TicketFactory(owner=AgentFactory())


def url(task: Task) -> str:
    return f"/api/v1/tasks/{task.pk}/"


def test_patch_changes_what_is_given_and_answers_the_whole_task(ticket: Ticket) -> None:
    bob = AgentFactory(teams=[ticket.team])
    first, task = (create_task(ticket.pk, by=ticket.owner, title=title) for title in ("Measure", "Saw"))
    answer = signed_in(ticket.owner).patch(
        url(task),
        {
            "version": 1,
            "title": "Saw it off",
            "assigned_to": bob.email,
            "team": ticket.team.name,
            "due_at": "2030-01-01T00:00:00+02:00",
            "blocked_by": [str(first.pk)],
        },
    )
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["title"], body["assigned_to"]["id"], body["team"]["id"]) == (
        "Saw it off",
        str(bob.pk),
        str(ticket.team_id),
    )
    assert (body["due_at"], body["blocked_by"], body["version"]) == ("2029-12-31T22:00:00Z", [str(first.pk)], 2)
    assert answer["ETag"] == '"2"'
    emptied = signed_in(bob).patch(
        url(task), {"assigned_to": None, "due_at": None, "blocked_by": []}, HTTP_IF_MATCH='"2"'
    )
    body = emptied.json()
    assert (body["assigned_to"], body["due_at"], body["blocked_by"], body["title"]) == (None, None, [], "Saw it off")


def test_a_new_task_may_have_a_team_and_wait(ticket: Ticket) -> None:
    first = create_task(ticket.pk, by=ticket.owner, title="Measure")
    data = {"title": "Saw", "team": str(ticket.team_id), "blocked_by": [str(first.pk)]}
    answer = signed_in(ticket.owner).post(f"/api/v1/tickets/{ticket.reference}/tasks/", data)
    assert answer.status_code == 201
    assert (answer.json()["team"]["name"], answer.json()["blocked_by"]) == (ticket.team.name, [str(first.pk)])
    assert signed_in(ticket.owner).post(f"/api/v1/tasks/{answer.json()['id']}/finish/").json()["code"] == "open_tasks"


@pytest.mark.parametrize(
    ("values", "status", "code", "field"),
    [
        ({"title": "x"}, 400, "validation_error", "version"),
        ({"version": 9, "title": "x"}, 409, "stale_version", None),
        ({"version": 9, "title": " "}, 400, "validation_error", "title"),
        ({"version": 1}, 400, "validation_error", "body"),
        ({"version": 9}, 400, "validation_error", "body"),
        ({"version": 1, "status": "done"}, 400, "validation_error", "status"),
        ({"version": 1, "assigned_to": "nobody@of.this.name"}, 400, "validation_error", "assigned_to"),
        ({"version": 1, "blocked_by": ["x"]}, 400, "validation_error", "blocked_by.0"),
        ({"version": 1, "blocked_by": "self"}, 400, "validation_error", "blocked_by"),
    ],
)
def test_refusals_change_nothing(ticket: Ticket, values: dict[str, Any], status: int, code: str, field: str) -> None:
    task = create_task(ticket.pk, by=ticket.owner, title="Measure")
    if values.get("blocked_by") == "self":
        values = {**values, "blocked_by": [str(task.pk)]}
    answer = signed_in(ticket.owner).patch(url(task), values)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert field is None or list(answer.json()["fields"]) == [field]
    assert (Task.objects.get().version, Task.objects.get().title) == (1, "Measure")


def test_programs_need_the_scope(ticket: Ticket) -> None:
    task = create_task(ticket.pk, by=ticket.owner, title="Measure")
    for scopes, status in ((["tickets:read"], 403), (["tickets:read", "tasks:write"], 200)):
        client = signed_in(ApiClientFactory(scopes=scopes, teams=[ticket.team]))
        assert client.patch(url(task), {"version": 1, "title": "Saw"}).status_code == status


def test_a_list_of_tasks_costs_the_same_at_any_length(ticket: Ticket) -> None:
    client = signed_in(ticket.owner)
    tasks = [create_task(ticket.pk, by=ticket.owner, title="Step", assigned_to=ticket.owner, team=ticket.team)]
    costs = []
    for more in (1, 5):
        for _number in range(more):
            details = {"assigned_to": AgentFactory(teams=[ticket.team]), "blocked_by": [task.pk for task in tasks]}
            tasks.append(create_task(ticket.pk, by=ticket.owner, title="Step", **details))
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(f"/api/v1/tickets/{ticket.reference}/tasks/").json()["results"]) == len(tasks)
        costs.append(len(queries))
    assert costs[0] == costs[1]
