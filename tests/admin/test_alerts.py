"""Alerts in the operators' window: read in scope, with whom they told when and who acknowledged them."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from accounts.models import Team
from sla.alerts.models import Alert
from sla.alerts.services import acknowledge_alert
from tests.admin.conftest import Office
from tests.factories import AgentFactory, TeamFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched

LIST = "admin:sla_alert_changelist"


@pytest.fixture
def desk(db: None, office: Office) -> Iterator[Watched]:
    """Its tickets are of the team of the office."""
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        desk = Watched(clock)
        desk.team = office.team
        desk.supervisor, desk.manager = office.supervisor, office.manager
        desk.owner = AgentFactory(name="Olga", teams=[office.team])
        yield desk


def rows(office: Office, name: str, **asked: Any) -> list[Alert]:
    answer = office.browser(getattr(office, name)).get(reverse(LIST), asked)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def foreign(desk: Watched) -> Team:
    return TeamFactory(manager=AgentFactory(roles=[Role.MANAGER]))


def test_they_are_read_in_scope_newest_first_and_nobody_writes_them(office: Office, desk: Watched) -> None:
    own = desk.ticket()
    desk.jump(minutes=15)
    desk.team = foreign(desk)
    other = desk.ticket(owned=False)
    desk.jump(minutes=5)
    of_own, of_other = Alert.objects.get(ticket=own), Alert.objects.get(ticket=other)
    assert rows(office, "supervisor") == [of_own]
    assert rows(office, "auditor") == [of_other, of_own]
    one = reverse("admin:sla_alert_change", args=[of_own.pk])
    supervisor = office.browser(office.supervisor)
    assert (supervisor.get(one).status_code, supervisor.post(one, {"level": 3}).status_code) == (200, 403)
    hidden = reverse("admin:sla_alert_change", args=[of_other.pk])
    assert (supervisor.get(hidden).status_code, office.browser(office.admin).get(hidden).status_code) == (404, 403)


def test_a_row_tells_who_was_told_when_and_who_acknowledged_it(office: Office, desk: Watched) -> None:
    ticket = desk.ticket()
    desk.jump(minutes=30)
    desk.jump(minutes=5)
    alert = Alert.objects.get(ticket=ticket, condition="not_updated", level=2)
    acknowledge_alert(alert.pk, by=desk.owner)
    pages = (reverse(LIST), reverse("admin:sla_alert_change", args=[alert.pk]))
    for page in pages:
        text = office.browser(office.auditor).get(page).content.decode()
        assert f"{ticket.reference}" in text
        assert "Lead, 2 March 2026, 08:30<br>Olga, 2 March 2026, 08:30" in text
        assert "Olga, 2 March 2026, 08:35" in text
    assert "Olga, not told of this level" in office.browser(office.auditor).get(pages[0]).content.decode(), "of level 1"


def test_filters_and_search_narrow_them(office: Office, desk: Watched) -> None:
    first, second = desk.ticket(), desk.ticket(owned=False)
    desk.jump(minutes=16)
    by_condition = {row.ticket for row in rows(office, "supervisor", condition__exact="not_assigned")}
    assert by_condition == {second}
    assert rows(office, "supervisor", level__exact="3") == []
    assert {row.ticket for row in rows(office, "supervisor", q=first.reference.lower())} == {first}
    assert rows(office, "supervisor", q="printer") == []


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "alert_raised"),
        ({"status": "open"}, "alert_newest"),
        ({"condition": "not_updated", "level": 3}, "alert_of_cell"),
        ({"condition": "not_updated"}, "alert_of_cell"),
    ],
)
def test_lists_are_read_by_an_index(db: None, asked: dict[str, Any], index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Alert.objects.filter(**asked).order_by("-triggered_at", "-id")[:50].explain()
    assert index in plan, plan


def test_a_page_costs_as_many_queries_for_many_as_for_one(office: Office, desk: Watched) -> None:
    def cost() -> int:
        browser = office.browser(office.supervisor)
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(reverse(LIST)).status_code == 200
        return len(caught)

    desk.ticket()
    desk.jump(minutes=16)
    one = cost()
    for _number in range(4):
        desk.ticket()
    desk.jump(minutes=46)
    assert cost() == one
