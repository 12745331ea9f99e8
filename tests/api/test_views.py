"""Saved views at the API."""

import pytest

from accounts.enums import Role
from tests.api.conftest import deleted_late, signed_in
from tests.factories import AgentFactory, TeamFactory
from tickets.models import SavedView
from tickets.services import save_view

pytestmark = pytest.mark.django_db
VIEWS = "/api/v1/views/"


def test_a_view_from_first_to_last() -> None:
    ann = AgentFactory(name="Ann Lee")
    client = signed_in(ann)
    values = {
        "name": "Waiting tunnels",
        "base": "team",
        "filters": {"priority": "high", "q": "status:waiting tunnel"},
        "columns": ["reference", "tags"],
        "sort": "created_at",
    }
    made = client.post(VIEWS, values)
    assert made.status_code == 201
    view = made.json()
    told = {name: view[name] for name in (*values, "slug", "scope", "team", "position", "is_default", "version")}
    assert told == {
        **values,
        "slug": "my-waiting-tunnels",
        "scope": "personal",
        "team": None,
        "position": 0,
        "is_default": False,
        "version": 1,
    }
    assert view["owner"]["name"] == "Ann Lee"
    one = f"{VIEWS}{view['id']}/"
    assert client.get(one).json() == view
    changed = client.patch(one, {"sort": "", "filters": {"q": ""}, "version": 1}).json()
    assert (changed["sort"], changed["filters"], changed["name"]) == ("", {}, "Waiting tunnels")
    for late in (client.patch(one, {"name": "Other", "version": 1}), *deleted_late(client, one, 1)):
        assert (late.status_code, late.json()["code"]) == (409, "stale_version")
    assert client.patch(one, {"name": "Other"}).status_code == 400
    assert client.delete(one).status_code == 204
    assert (client.get(one).status_code, SavedView.objects.count()) == (404, 0)


def test_the_list_has_the_own_ones_and_those_shared_with_the_reader_in_their_order() -> None:
    lead, ann, eve = AgentFactory(roles=[Role.AGENT, Role.TEAM_LEAD]), AgentFactory(), AgentFactory()
    team = TeamFactory(lead=lead)
    ann.teams.add(team)
    save_view("Hers", by=ann, position=2)
    save_view("His", by=lead)
    save_view("Ours", by=lead, scope="team", team=team, position=1)
    assert [view["name"] for view in signed_in(ann).get(VIEWS).json()["results"]] == ["Ours", "Hers"]
    assert signed_in(eve).get(VIEWS).json()["results"] == []


def test_sharing_is_for_those_in_charge() -> None:
    lead, ann = AgentFactory(roles=[Role.TEAM_LEAD]), AgentFactory()
    team, other = TeamFactory(lead=lead), TeamFactory()
    ann.teams.add(team)
    values = {"name": "Ours", "scope": "team", "team": team.name}
    assert (signed_in(ann).post(VIEWS, values).status_code, signed_in(lead).post(VIEWS, values).status_code) == (
        403,
        201,
    )
    refused = signed_in(lead).post(VIEWS, {**values, "team": str(other.pk)})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert signed_in(lead).post(VIEWS, {"name": "Ours", "scope": "team"}).json()["fields"].keys() == {"team"}


def test_a_filter_is_kept_in_the_one_way_of_writing() -> None:
    values = {"name": "A", "filters": {"q": "  priorität:hoch   tunnel", "owner": "me"}}
    made = signed_in(AgentFactory()).post(VIEWS, values).json()
    assert made["filters"] == {"owner": "me", "q": "priority:high tunnel"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"base": "everything"},
        {"sort": "subject"},
        {"filters": {"q": "nothing:here"}},
        {"filters": {"status": "sleeping"}},
        {"filters": {"secret": "x"}},
        {"columns": ["x" * 21]},
        {"position": -1},
        {"slug": "mine"},
    ],
)
def test_what_is_no_view_is_refused(wrong: dict[str, object]) -> None:
    answer = signed_in(AgentFactory()).post(VIEWS, {"name": "A", **wrong})
    assert (answer.status_code, answer.json()["code"], SavedView.objects.count()) == (400, "validation_error", 0)
