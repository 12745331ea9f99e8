"""Proposals through the API: typed values, the answers of refusals, the same key once."""

from typing import Any

import pytest

from accounts.enums import Role
from sla.models import SlaPolicy
from sla.proposals.models import Proposal
from sla.services import save_policy
from tests.api.conftest import Client
from tests.factories import AgentFactory, ApiClientFactory, default_calendar

pytestmark = pytest.mark.django_db
URL = "/api/v1/proposals/"


def medium() -> SlaPolicy:
    return SlaPolicy.objects.get(name="Medium")


def about_medium(**values: Any) -> dict[str, Any]:
    return {"about": "policy", "target": str(medium().pk), "policy": values, "reason": "The board"}


def test_a_change_is_looked_at_proposed_and_accepted(as_: Client) -> None:
    manager, admin = AgentFactory(roles=[Role.MANAGER]), AgentFactory(roles=[Role.ADMIN])
    mine, theirs = as_(manager), as_(admin)
    subjects = mine.get(f"{URL}subjects/").json()["results"]
    subject = next(row for row in subjects if row["name"] == "Medium")
    assert (subject["about"], subject["values"]["resolution_minutes"]) == ("policy", 480)
    assert sum(row["about"] == "alert_rule" for row in subjects) == 36
    wish = about_medium(order=7, name="Medium") | {"target": subject["id"], "seen_version": subject["version"]}
    assert mine.post(f"{URL}preview/", wish).json() == {"tickets": 0, "changed": 0, "missed": 0}
    made = mine.post(URL, wish, headers={"Idempotency-Key": "one"})
    again = mine.post(URL, wish, headers={"Idempotency-Key": "one"})
    assert (made.status_code, again.json(), Proposal.objects.count()) == (201, made.json(), 1)
    shown = made.json()
    assert (shown["status"], shown["target"], shown["title"]) == ("pending", str(medium().pk), "Medium")
    assert (shown["values"], shown["former"]) == ({"order": 7}, {"order": 1003})
    assert shown["proposed_by"]["id"] == str(manager.pk)
    one = f"{URL}{shown['id']}/"
    accepted = theirs.post(f"{one}accept/", {"note": "Fine", "version": shown["version"]})
    assert (accepted.status_code, accepted.json()["status"], medium().order) == (200, "accepted", 7)
    late = theirs.post(f"{one}decline/", {"note": "Too late"})
    assert (late.status_code, late.json()["code"]) == (409, "invalid_transition")
    assert [row["id"] for row in mine.get(f"{URL}?status=accepted").json()["results"]] == [shown["id"]]
    assert mine.get(f"{URL}?status=pending").json()["results"] == []


def test_hours_of_a_calendar(as_: Client) -> None:
    client = as_(AgentFactory(roles=[Role.MANAGER]))
    windows = [
        {"weekday": 1, "start_minute": 480, "end_minute": 1080},
        {"weekday": 0, "start_minute": 0, "end_minute": 1440},
    ]
    wish = {"about": "calendar", "target": str(default_calendar().pk), "reason": "We move"}
    made = client.post(
        URL, wish | {"calendar": {"windows": windows, "holidays": [{"on": "2026-12-24", "name": "Eve"}]}}
    )
    assert made.status_code == 201, made.json()
    assert [part["weekday"] for part in made.json()["values"]["windows"]] == [0, 1]
    eve = {"on": "2026-12-24", "name": "Eve", "is_recurring": False, "start_minute": None, "end_minute": None}
    assert made.json()["values"]["holidays"] == [eve]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"resolution_minutes": 0}, "policy"),
        ({"priority": "soon"}, "policy"),
        ({"version": 3}, "policy"),
        ({"resolution_minutes": 30}, "first_response_minutes"),
        ({"company": "2f6d7a36-0000-4000-8000-000000000000"}, "company"),
        ({}, "values"),
    ],
    ids=str,
)
def test_nonsense_names_the_field(as_: Client, values: dict[str, Any], field: str) -> None:
    client = as_(AgentFactory(roles=[Role.MANAGER]))
    for url in (URL, f"{URL}preview/"):
        answer = client.post(url, about_medium(**values))
        assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
        assert any(name.startswith(field) for name in answer.json()["fields"]), answer.json()
    assert not Proposal.objects.exists()


def test_what_is_out_of_date_has_its_own_code(as_: Client) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    mine, theirs = as_(AgentFactory(roles=[Role.MANAGER])), as_(admin)
    made = mine.post(URL, about_medium(order=7)).json()
    twice = mine.post(URL, about_medium(order=7))
    assert (twice.status_code, twice.json()["code"]) == (409, "proposed_already")
    policy = medium()
    policy.order = 9
    save_policy(policy, by=admin, reason="Order")
    answer = theirs.post(f"{URL}{made['id']}/accept/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "proposal_outdated")
    assert mine.post(URL, about_medium(order=7) | {"seen_version": 1}).json()["code"] == "proposal_outdated"


def test_nobody_decides_about_their_own_and_programs_take_no_part(as_: Client) -> None:
    both = as_(AgentFactory(roles=[Role.MANAGER, Role.ADMIN]))
    made = both.post(URL, about_medium(order=7)).json()
    answer = both.post(f"{URL}{made['id']}/accept/", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "self_approval")
    program = as_(ApiClientFactory())
    assert {program.get(url).status_code for url in (URL, f"{URL}{made['id']}/", f"{URL}subjects/")} == {403}
