"""Envelopes at the API: shapes, filters and refusals; who may do what is the matrix's matter."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from tests.api.conftest import signed_in
from tests.envelopes.conftest import Scene
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory

pytestmark = pytest.mark.django_db


def envelopes_at(scene: Scene) -> str:
    return f"/api/v1/tickets/{scene.ticket.reference}/envelopes/"


def test_018_help_is_asked_for_by_name_and_answered_whole(scene: Scene) -> None:
    asked = {"team": "Network", "assigned_to": "Nina Kern", "reason": "Packets drop.", "is_blocking": False}
    answer = signed_in(scene.owner).post(envelopes_at(scene), asked)
    body = answer.json()
    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    assert (body["ticket"], body["number"], body["level"], body["status"]) == (scene.ticket.reference, 1, 2, "pending")
    assert (body["team"]["name"], body["assigned_to"]["name"], body["is_blocking"]) == ("Network", "Nina Kern", False)
    assert (body["reason"], body["awaiting"], body["participants"]) == ("Packets drop.", "expert", [])
    assert body["priority"] == "medium"
    assert (body["due_at"], body["allowed"]) == (body["response_due_at"], ["redirect", "cancel"])
    ticket = signed_in(scene.owner).get(f"/api/v1/tickets/{scene.ticket.reference}/").json()
    assert (ticket["status"], ticket["has_open_envelopes"]) == ("in_progress", True)


def test_020_and_022_a_helper_accepts_writes_and_seals(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    nina, at = signed_in(scene.nina), f"/api/v1/envelopes/{envelope.pk}/"
    accepted = nina.post(f"{at}accept/").json()
    assert (accepted["status"], [each["name"] for each in accepted["participants"]]) == ("active", ["Nina Kern"])
    assert accepted["allowed"] == ["messages", "invite", "release", "complete", "envelopes", "tasks"]
    message = nina.post(f"{at}messages/", {"body": "Which port?"})
    assert (message.status_code, message.json()["body_text"]) == (201, "Which port?")
    said = nina.get(f"{at}messages/").json()["results"]
    assert [(each["author_name"], each["text"], each["body_text"]) for each in said] == [
        ("Nina Kern", "Nina Kern accepted the envelope", ""),
        ("Nina Kern", "", "Which port?"),
    ]
    assert nina.post(f"{at}complete/", {"summary": ""}).json()["fields"] == {
        "summary": ["Say in a summary what the help came to."]
    }
    sealed = nina.post(f"{at}complete/", {"summary": "Port 7.", "outcome": "solved"}).json()
    assert (sealed["status"], sealed["summary"], sealed["outcome"], sealed["due_at"]) == (
        "completed",
        "Port 7.",
        "solved",
        None,
    )


def test_041_tasks_of_an_envelope_wait_for_each_other(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    nina, at = signed_in(scene.nina), f"/api/v1/envelopes/{envelope.pk}/tasks/"
    first = nina.post(at, {"title": "Swap the port", "is_mandatory": True}).json()
    second = nina.post(at, {"title": "Measure again", "blocked_by": [first["id"]]})
    assert (second.status_code, second.json()["blocked_by"]) == (201, [first["id"]])
    assert [row["blocked_by"] for row in nina.get(at).json()["results"]] == [[], [first["id"]]]
    refused = nina.post(at, {"title": "Write it down", "blocked_by": [str(scene.ticket.pk)]})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["blocked_by"])
    sealed = nina.post(f"/api/v1/envelopes/{envelope.pk}/complete/", {"summary": "A bad port."})
    assert (sealed.status_code, sealed.json()["code"]) == (409, "open_tasks")


def test_037_a_refused_resolution_lists_what_is_open(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network)
    answer = signed_in(scene.owner).post(
        f"/api/v1/tickets/{scene.ticket.reference}/resolve/", {"resolution_code": "fixed", "resolution_note": "Done."}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "open_envelopes")
    assert answer.json()["envelopes"] == [
        {"id": str(envelope.pk), "number": 1, "target": "Network", "status": "pending"}
    ]


def test_lists_are_narrowed_by_status_team_and_part(scene: Scene) -> None:
    active = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    asked = EnvelopeFactory(team=scene.network)
    other = EnvelopeFactory(assigned_to=scene.nina)
    nina = signed_in(scene.nina)

    def found(query: str) -> list[str]:
        return [row["id"] for row in nina.get(f"/api/v1/envelopes/{query}").json()["results"]]

    assert found("") == [str(each.pk) for each in (other, asked, active)]
    assert found("?mine=true") == [str(other.pk), str(active.pk)]
    assert found("?team=Network&status=pending") == [str(asked.pk)]
    assert found("?status=pending&status=active&mine=true") == [str(other.pk), str(active.pk)]
    assert nina.get("/api/v1/envelopes/?status=perhaps").status_code == 400


def test_lists_cost_the_same_for_one_envelope_and_for_many(scene: Scene) -> None:
    EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    owner = signed_in(scene.owner)
    owner.get(envelopes_at(scene))
    counts = []
    for _round in range(2):
        for address in (envelopes_at(scene), "/api/v1/envelopes/", "/api/v1/tickets/"):
            with CaptureQueriesContext(connection) as queries:
                assert owner.get(address).status_code == 200
            counts.append(len(queries))
        for _each in range(3):
            EnvelopeFactory(ticket=scene.ticket, expert=AgentFactory())
            TicketFactory(team=scene.ticket.team)
    assert counts[:3] == counts[3:]


def test_a_supervisor_of_the_helping_team_reads_and_writes(scene: Scene) -> None:
    envelope = EnvelopeFactory(ticket=scene.ticket, team=scene.network, expert=scene.nina)
    client = signed_in(scene.network_supervisor)
    assert client.post(f"/api/v1/envelopes/{envelope.pk}/messages/", {"body": "Any progress?"}).status_code == 201
    other = signed_in(AgentFactory(roles=[Role.SUPERVISOR]))
    assert other.get(f"/api/v1/envelopes/{envelope.pk}/").status_code == 404
