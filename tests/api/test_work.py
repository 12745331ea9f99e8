"""Conversations written down and attempts, for programs."""

import pytest

from tests.api.conftest import signed_in
from tests.factories import AgentFactory, TicketFactory

pytestmark = pytest.mark.django_db


def test_a_call_is_logged() -> None:
    ann = AgentFactory()
    ticket = TicketFactory(owner=ann)
    values = {
        "kind": "phone_note",
        "direction": "inbound",
        "minutes": 4,
        "spoke_with": "Bob",
        "at": "2026-03-02T09:30:00+01:00",
        "body": "Still off.",
    }
    client, url = signed_in(ann), f"/api/v1/tickets/{ticket.reference}/log_contact/"
    made = client.post(url, values)
    assert made.status_code == 201
    entry = made.json()
    assert (entry["kind"], entry["visibility"], entry["body_text"]) == ("phone_note", "internal", "Still off.")
    facts = {"direction": "inbound", "minutes": 4, "spoke_with": "Bob", "at": "2026-03-02T08:30:00+00:00"}
    assert entry["facts"] == facts
    for wrong in ({"kind": "note"}, {"minutes": 1441}, {"at": "2026-03-02T09:30:00"}, {"body": " "}, {"who": "x"}):
        answer = client.post(url, values | wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "validation_error"), wrong


def test_attempts_are_marked_listed_and_taken_back() -> None:
    ann = AgentFactory(name="Ann")
    ticket = TicketFactory(owner=ann)
    client, base = signed_in(ann), f"/api/v1/tickets/{ticket.reference}/"
    entry = client.post(f"{base}note/", {"body": "Restarted it"}).json()["id"]
    url = f"{base}attempts/"
    assert client.post(url, {"entry": entry, "outcome": "none"}).status_code == 204
    for outcome in ("worked", "failed"):
        made = client.post(url, {"entry": entry, "outcome": outcome})
        assert (made.status_code, made.json()["outcome"], made.json()["is_current"]) == (201, outcome, True)
    rows = client.get(url).json()["results"]
    told = [(row["entry"], row["outcome"], row["by"]["name"], row["is_current"]) for row in rows]
    assert told == [(entry, "worked", "Ann", False), (entry, "failed", "Ann", True)]
    assert client.post(url, {"entry": entry, "outcome": "none"}).json()["outcome"] == "none"
    missing = client.post(url, {"entry": str(ticket.pk), "outcome": "worked"})
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
