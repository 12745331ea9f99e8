"""Alerts of a ticket through the API, and their acknowledgement."""

from typing import Any

import pytest
import time_machine

from sla.alerts.models import Alert
from tests.sla.alerts.conftest import MONDAY_NINE, Watched

pytestmark = pytest.mark.django_db


def test_106_a_recipient_acknowledges_and_others_are_refused(client: Any) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        desk = Watched(clock)
        ticket = desk.ticket()
        desk.walk(15)
        path = f"/api/v1/tickets/{ticket.reference}/alerts/"
        client.force_login(desk.supervisor.user)
        [shown] = client.get(path).json()["results"]
        assert (shown["condition"], shown["level"], shown["status"]) == ("not_updated", 1, "open")
        assert [person["name"] for person in shown["recipients"]] == ["Olga"]
        refused = client.post(f"{path}{shown['id']}/acknowledge/", {}, content_type="application/json")
        assert (refused.status_code, Alert.objects.get().status) == (403, "open")
        client.force_login(desk.owner.user)
        done = client.post(f"{path}{shown['id']}/acknowledge/", {"version": 1}, content_type="application/json")
        assert (done.status_code, done.json()["status"]) == (200, "acknowledged")
        assert done.json()["acknowledged_by"]["name"] == "Olga"
        again = client.post(f"{path}{shown['id']}/acknowledge/", {}, content_type="application/json")
        assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")
        assert client.get(path, {"status": "open"}).json()["results"] == []
