"""The priority score of a ticket through the API."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.factories import AgentFactory, TicketFactory
from tests.sla.conftest import MONDAY_NINE

pytestmark = pytest.mark.django_db


def test_111_the_score_tells_each_factor_and_when_time_changes_it(client: Any) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        owner = AgentFactory()
        ticket = TicketFactory(owner=owner, priority="high")
        client.force_login(owner.user)
        shown = client.get(f"/api/v1/tickets/{ticket.reference}/score/").json()
    factors = shown.pop("factors")
    assert shown == {
        "score": "140.00",
        "computed": "140.00",
        "base": "70.00",
        "next_change_at": _api(MONDAY_NINE),
        "override": None,
    }
    assert [(each["name"], each["value"], each["applies"]) for each in factors] == [
        ("sla", "2.00", True),
        ("customer", "1.00", False),
        ("escalation", "1.00", False),
        ("no_response", "1.00", False),
        ("reopened", "1.00", False),
        ("flag", "1.00", False),
    ]


def test_111_a_new_ticket_with_time_left_says_when_it_will_be_urgent(client: Any) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        owner = AgentFactory()
        ticket = TicketFactory(owner=owner, priority="low")
        client.force_login(owner.user)
        shown = client.get(f"/api/v1/tickets/{ticket.reference}/score/").json()
    assert (shown["score"], shown["next_change_at"]) == ("15.00", _api(MONDAY_NINE + timedelta(hours=2)))


def test_111_an_override_needs_a_reason_is_answered_whole_and_is_taken_back(client: Any) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        owner = AgentFactory()
        ticket = TicketFactory(owner=owner)
        client.force_login(owner.user)
        path, until = f"/api/v1/tickets/{ticket.reference}/score/", _api(MONDAY_NINE + timedelta(hours=2))
        bad = client.post(path, {"score": "90", "until": until}, content_type="application/json")
        assert (bad.status_code, bad.json()["code"]) == (400, "validation_error")
        told = {"score": "90", "until": until, "reason": "The board meets"}
        done = client.post(path, told, content_type="application/json")
        assert (done.status_code, done.json()["score"], done.json()["computed"]) == (201, "90.00", "80.00")
        override = done.json()["override"]
        assert (override["reason"], override["until"], override["by"]["name"]) == ("The board meets", until, owner.name)
        freed = client.delete(path)
        assert (freed.status_code, freed.json()["score"], freed.json()["override"]) == (200, "80.00", None)
        again = client.delete(path)
        assert (again.status_code, again.json()["code"]) == (409, "no_override")


def _api(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))
