"""Many tickets that are late together are one message for each person (the storm guard), each counted by itself."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Notification
from notifications.wording import describe
from sla.alerts.models import Alert, AlertRecipient
from sla.alerts.services import raise_due_alerts
from sla.alerts.services.telling import WINDOW
from tests.sla.alerts.conftest import Watched, told

pytestmark = pytest.mark.django_db
MANY = 50
"""A tenth of what `docs/subsystems/alerts.md` promises to bear."""


def test_many_late_tickets_are_one_message_for_each_person(desk: Watched) -> None:
    tickets = [desk.ticket(owned=False) for _number in range(MANY)]
    desk.jump(minutes=5)
    assert Alert.objects.count() == MANY
    (row,) = Notification.objects.filter(event_type="alert")
    assert (row.recipient, row.ticket, row.payload["count"]) == (desk.manager, None, MANY)
    first = ", ".join(sorted(ticket.reference for ticket in tickets)[:5])
    assert describe(row) == f"Level 1: nobody has accepted {MANY} tickets: {first}, …"
    assert AlertRecipient.objects.filter(told_at=desk.now).count() == MANY


def test_what_comes_within_the_window_is_told_at_its_end_in_one_message(desk: Watched) -> None:
    for _number in range(4):
        desk.ticket(owned=False)
        desk.at(desk.now + timedelta(minutes=1))
    desk.walk(10)
    rows = Notification.objects.filter(event_type="alert").order_by("created_at")
    assert [row.payload.get("count", 1) for row in rows] == [1, 3]
    assert rows[1].created_at - rows[0].created_at == WINDOW


def test_a_higher_urgency_does_not_wait_for_the_window(desk: Watched) -> None:
    desk.ticket()
    desk.walk(30)
    later = desk.ticket()
    desk.walk(15)
    assert Alert.objects.filter(ticket=later, level=1, condition="not_updated").exists()
    of_owner = [row for row in told(desk.owner)[0] if row[0] == "not_updated"]
    assert of_owner == [("not_updated", 1), ("not_updated", 2), ("not_updated", 3)], "level 3 of the first names both"


def test_a_look_costs_as_many_statements_for_many_tickets_as_for_few(desk: Watched) -> None:
    def cost(count: int) -> int:
        for _number in range(count):
            desk.ticket(owned=False, priority="low")
        desk.at(desk.now + timedelta(seconds=1))
        with CaptureQueriesContext(connection) as caught:
            assert raise_due_alerts(now=desk.now) == 2 * count
        return len([query for query in caught if "SAVEPOINT" not in query["sql"]])

    cost(1)
    assert cost(2) == cost(20)
