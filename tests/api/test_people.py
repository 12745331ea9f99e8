"""People, teams, customers and absences through the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Absence
from tests.api.conftest import signed_in
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, CompanyFactory, ContactFactory, TeamFactory

pytestmark = pytest.mark.django_db

LIST = "/api/v1/absences/"
DAY = timedelta(days=1)


def today() -> Any:
    return AgentFactory.build().today(timezone.now())


def test_me_tells_who_one_is() -> None:
    team = TeamFactory(name="Network")
    ann = AgentFactory(name="Ann", teams=[team], roles=[Role.AGENT, Role.TEAM_LEAD])
    assert signed_in(ann).get("/api/v1/me/").json() == {
        "kind": "agent",
        "id": str(ann.pk),
        "name": "Ann",
        "email": ann.email,
        "roles": ["agent", "team_lead"],
        "scopes": [],
        "teams": [{"id": str(team.pk), "name": "Network"}],
    }


def test_agents_are_found_by_name_team_role_and_activity() -> None:
    team = TeamFactory(name="Network")
    ann = AgentFactory(name="Ann Berg", teams=[team], roles=[Role.TEAM_LEAD])
    bob = AgentFactory(name="Bob", is_active=False)
    client = signed_in(ann)
    for query, names in (
        ({}, ["Ann Berg", "Bob"]),
        ({"q": "berg"}, ["Ann Berg"]),
        ({"q": bob.email}, ["Bob"]),
        ({"team": "network"}, ["Ann Berg"]),
        ({"team": "nowhere"}, []),
        ({"role": "team_lead"}, ["Ann Berg"]),
        ({"is_active": "false"}, ["Bob"]),
    ):
        rows = client.get("/api/v1/agents/", query).json()["results"]
        assert [row["name"] for row in rows] == names, query
    one = client.get(f"/api/v1/agents/{ann.pk}/").json()
    assert (one["teams"], one["email"]) == ([{"id": str(team.pk), "name": "Network"}], ann.email)


def test_teams_name_their_people() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(name="Network", lead=lead)
    body = signed_in(lead).get(f"/api/v1/teams/{team.pk}/").json()
    assert (body["name"], body["lead"]["id"], body["supervisor"]) == ("Network", str(lead.pk), None)
    assert [row["name"] for row in signed_in(lead).get("/api/v1/teams/", {"q": "net"}).json()["results"]] == ["Network"]


def test_customers_are_found() -> None:
    company = CompanyFactory(name="Roth Ltd")
    dana = ContactFactory(first_name="Dana", last_name="Roth", company=company)
    ContactFactory(last_name="Meier")
    client = signed_in(AgentFactory())
    for query in ({"q": "roth"}, {"q": dana.email}, {"company": "Roth Ltd"}, {"company": str(company.pk)}):
        rows = client.get("/api/v1/contacts/", query).json()["results"]
        assert [row["id"] for row in rows] == [str(dana.pk)], query
    assert client.get(f"/api/v1/companies/{company.pk}/").json()["name"] == "Roth Ltd"
    assert client.get("/api/v1/contacts/", {"company": "nobody"}).json()["results"] == []


@pytest.mark.parametrize(
    ("path", "scope", "status"),
    [
        ("agents", Scope.TICKETS_READ, 200),
        ("teams", Scope.HR_WRITE, 200),
        ("agents", Scope.MAIL_INGEST, 403),
        ("contacts", Scope.TICKETS_READ, 403),
        ("contacts", Scope.TICKETS_READ_ALL, 200),
        ("companies", Scope.TICKETS_READ, 403),
        ("absences", Scope.HR_WRITE, 200),
        ("absences", Scope.TICKETS_READ_ALL, 403),
    ],
)
def test_programs_read_people_with_a_scope_only(path: str, scope: Scope, status: int) -> None:
    answer = signed_in(ApiClientFactory(scopes=[scope])).get(f"/api/v1/{path}/")
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "scope_missing"


def test_own_absence_with_deputy() -> None:
    ann, bob = AgentFactory.create_batch(2)
    data = {
        "agent": str(ann.pk),
        "kind": "vacation",
        "starts_on": "2030-07-01",
        "ends_on": "2030-07-10",
        "deputy": bob.email,
        "note": "Sea",
    }
    answer = signed_in(ann).post(LIST, data)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["agent"]["id"], body["deputy"]["id"], body["note"]) == (str(ann.pk), str(bob.pk), "Sea")
    assert (body["status"], body["recorded_by"]["id"], body["version"]) == ("planned", str(ann.pk), 1)
    one = f"{LIST}{body['id']}/"
    seen_by_deputy = signed_in(bob).get(one)
    assert (seen_by_deputy.status_code, seen_by_deputy.json()["note"]) == (200, "")
    assert signed_in(AgentFactory()).get(one).status_code == 404
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ann.teams.add(TeamFactory(lead=lead))
    assert signed_in(lead).get(one).json()["note"] == "Sea"


def test_absence_is_changed_with_its_version_and_taken_back() -> None:
    ann = AgentFactory()
    absence = AbsenceFactory(agent=ann, days=3)
    client = signed_in(ann)
    one = f"{LIST}{absence.pk}/"
    missing = client.patch(one, {"note": "x"})
    assert (missing.status_code, list(missing.json()["fields"])) == (400, ["version"])
    ends_on = absence.starts_on + 5 * DAY
    changed = client.patch(one, {"ends_on": str(ends_on), "version": 1})
    assert (changed.status_code, changed.json()["ends_on"], changed.json()["version"]) == (200, str(ends_on), 2)
    assert changed.json()["starts_on"] == str(absence.starts_on)
    stale = client.patch(one, {"note": "x", "version": 1})
    assert (stale.status_code, stale.json()["code"], stale.json()["current_version"]) == (409, "stale_version", 2)
    old = client.post(f"{one}cancel/", {"version": 1})
    assert (old.status_code, old.json()["code"]) == (409, "stale_version")
    cancelled = client.post(f"{one}cancel/", {"version": 2})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    late = client.patch(one, {"note": "x", "version": 3})
    assert (late.status_code, late.json()["code"]) == (409, "invalid_transition")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"agent": "nobody"}, "agent"),
        ({"kind": "party"}, "kind"),
        ({"starts_on": "tomorrow"}, "starts_on"),
        ({"ends_on": "2030-06-30"}, "ends_on"),
        ({"deputy": "nobody"}, "deputy"),
        ({"note": "x" * 2001}, "note"),
        ({"recorded_by": "x"}, "recorded_by"),
    ],
)
def test_bad_absence_is_400_and_changes_nothing(change: dict[str, Any], field: str) -> None:
    ann = AgentFactory()
    data = {"agent": ann.email, "kind": "sick", "starts_on": "2030-07-01", "ends_on": "2030-07-02"} | change
    answer = signed_in(ann).post(LIST, data)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert Absence.objects.count() == 0


ABSENCE_OF_A_COLLEAGUE = {"agent": 403, "lead": 201, "foreign_lead": 403, "supervisor": 201, "manager": 201,
                          "auditor": 403, "admin": 201, "program": 201, "other_program": 403}  # fmt: skip


@pytest.mark.parametrize(("who", "status"), ABSENCE_OF_A_COLLEAGUE.items())
def test_absence_of_a_colleague_is_recorded_by_those_in_charge(who: str, status: int) -> None:
    team, ann = TeamFactory(), AgentFactory()
    ann.teams.add(team)
    actors: dict[str, Any] = {
        "agent": AgentFactory(teams=[team]),
        "lead": AgentFactory(roles=[Role.TEAM_LEAD]),
        "foreign_lead": AgentFactory(roles=[Role.TEAM_LEAD]),
        "supervisor": AgentFactory(roles=[Role.SUPERVISOR]),
        "manager": AgentFactory(roles=[Role.MANAGER]),
        "auditor": AgentFactory(roles=[Role.AUDITOR]),
        "admin": AgentFactory(roles=[Role.ADMIN]),
        "program": ApiClientFactory(scopes=[Scope.HR_WRITE]),
        "other_program": ApiClientFactory(scopes=[Scope.TICKETS_READ_ALL]),
    }
    team.lead, team.supervisor, team.manager = actors["lead"], actors["supervisor"], actors["manager"]
    team.save()
    data = {"agent": ann.name, "kind": "sick", "starts_on": str(today()), "deputy": actors["agent"].name}
    answer = signed_in(actors[who]).post(LIST, data)
    assert answer.status_code == status, answer.content
    assert Absence.objects.count() == (status == 201)


def test_absences_of_a_day() -> None:
    ann = AgentFactory()
    now = AbsenceFactory(agent=ann, days=3)
    client = signed_in(ann)
    for day, ids in ((now.starts_on, [str(now.pk)]), (now.starts_on + 3 * DAY, [])):
        rows = client.get(LIST, {"on": str(day)}).json()["results"]
        assert [row["id"] for row in rows] == ids
    assert client.get(LIST, {"agent": "nobody"}).json()["results"] == []
