"""Boards with a name at the API; what they share with saved views is shown in test_views.py too."""

import pytest

from accounts.enums import Role
from tests.api.conftest import deleted_late, signed_in
from tests.factories import AgentFactory, TeamFactory
from tickets.models import KanbanBoard
from tickets.services import save_board

pytestmark = pytest.mark.django_db
BOARDS = "/api/v1/boards/"


def test_a_board_from_first_to_last() -> None:
    client = signed_in(AgentFactory(name="Ann Lee"))
    values = {
        "name": "Worst first",
        "base": "team",
        "filters": {"q": "status:waiting tunnel"},
        "column_field": "priority",
        "swimlane_field": "agent",
        "columns": ["critical", "high"],
        "sort_by": "created_at",
    }
    made = client.post(BOARDS, values)
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    board = made.json()
    told = {name: board[name] for name in (*values, "slug", "scope", "team", "position", "version")}
    rest = {"slug": "my-worst-first", "scope": "personal", "team": None, "position": 0, "version": 1}
    assert told == values | rest
    assert board["owner"]["name"] == "Ann Lee"
    one = f"{BOARDS}{board['id']}/"
    assert client.get(one).json() == board
    changed = client.patch(one, {"swimlane_field": "", "columns": [], "version": 1}).json()
    assert (changed["swimlane_field"], changed["columns"], changed["name"]) == ("", [], "Worst first")
    for late in (client.patch(one, {"name": "Other", "version": 1}), *deleted_late(client, one, 1)):
        assert (late.status_code, late.json()["code"]) == (409, "stale_version")
    assert client.patch(one, {"name": "Other"}).json()["fields"].keys() == {"version"}
    assert client.patch(one, {"version": 2}).status_code == 400
    assert client.delete(one).status_code == 204
    assert (client.get(one).status_code, KanbanBoard.objects.count()) == (404, 0)


def test_the_list_has_the_own_ones_and_those_shared_with_the_reader_in_their_order() -> None:
    lead, ann, eve = AgentFactory(roles=[Role.AGENT, Role.TEAM_LEAD]), AgentFactory(), AgentFactory()
    team = TeamFactory(lead=lead)
    ann.teams.add(team)
    save_board("Hers", by=ann, position=2)
    save_board("His", by=lead)
    save_board("Ours", by=lead, scope="team", team=team, position=1)
    found = {who.pk: signed_in(who).get(BOARDS).json()["results"] for who in (ann, eve, AgentFactory(roles=["admin"]))}
    assert [[board["name"] for board in boards] for boards in found.values()] == [["Ours", "Hers"], [], ["Ours"]]


def test_sharing_is_for_those_in_charge() -> None:
    lead, ann = AgentFactory(roles=[Role.TEAM_LEAD]), AgentFactory()
    team = TeamFactory(lead=lead)
    ann.teams.add(team)
    values = {"name": "Ours", "scope": "team", "team": team.name}
    statuses = [signed_in(who).post(BOARDS, values).status_code for who in (ann, lead)]
    assert statuses == [403, 201]
    refused = signed_in(ann).patch(f"{BOARDS}{KanbanBoard.objects.get().pk}/", {"name": "Mine", "version": 1})
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "The board “Ours” is changed by those who share it.",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"base": "everything"},
        {"column_field": "colour"},
        {"column_field": "sla_status", "columns": ["late"]},
        {"swimlane_field": "status"},
        {"columns": ["critical"]},
        {"columns": ["new", "new"]},
        {"column_field": "team", "columns": ["elsewhere"]},
        {"sort_by": "subject"},
        {"filters": {"q": "nothing:here"}},
        {"position": 1000},
        {"slug": "mine"},
        {"version": 1},
    ],
)
def test_what_is_no_board_is_refused(wrong: dict[str, object]) -> None:
    answer = signed_in(AgentFactory()).post(BOARDS, {"name": "A", **wrong})
    assert (answer.status_code, answer.json()["code"], KanbanBoard.objects.count()) == (400, "validation_error", 0)
