"""Alerts and their answers (metrics.md M15), by hand. Medium: nobody has accepted it after 30 minutes of work."""

from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from accounts.enums import Role
from accounts.models import Agent
from reports.enums import Part
from reports.measures.alerts import alert_load
from reports.measures.asked import within
from reports.measures.promises import DONE, LATE
from sla.alerts.models import Alert
from sla.alerts.services import acknowledge_alert, raise_due_alerts
from sla.models import SlaClock
from tests.factories import AgentFactory
from tests.reports.conftest import Desk, at, fresh, march, moment
from tests.reports.test_measures import is_true
from tests.reports.test_pages import MARCH, html_of
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(desk: Desk) -> Agent:
    found: Agent = AgentFactory(name="Max", roles=[Role.MANAGER])
    desk.team.manager = found
    desk.team.save()
    return found


def alerted(desk: Desk, manager: Agent) -> list[Ticket]:
    """Two that nobody had taken at 09:30, of which the manager acknowledges one after exactly 15 minutes."""
    made = [desk.opened("2 09:00") for _each in range(2)]
    with moment("2 09:30"):
        raise_due_alerts(now=at("2 09:30"))
    with moment("2 09:45"):
        acknowledge_alert(Alert.objects.get(ticket=made[0]).pk, by=fresh(manager))
    return made


def test_163_m15_alert_load(desk: Desk, manager: Agent) -> None:
    """Two alerts. Open at some time of March were three, another one was resolved before: 66.7 for every 100. One of
    two was acknowledged in time: 50.0 %.
    """
    answered, left = alerted(desk, manager)
    quick = desk.resolved("2 09:00", "2 09:10", "2 10:00")
    desk.resolved("2-27 09:00", "2-27 09:10", "2-27 10:00")
    desk.opened("2 09:00", team=desk.other)
    figures = {figure.key: figure for figure in alert_load(march(desk.team))}
    load, first = figures["M15"], figures["M15:alert:not_assigned-1"]
    for figure in (load, first):
        assert (figure.value, figure.numerator, figure.denominator) == (Decimal("66.7"), 2, 3)
        assert figure.ids(Part.BASE) == {answered.pk, left.pk, quick.pk}
    assert figures["M15:alert:not_assigned-2"].value == Decimal("0.0")
    in_time = figures["M15_answered"]
    assert (in_time.value, in_time.numerator, in_time.denominator) == (Decimal("50.0"), 1, 2)
    assert set(in_time.counted.values_list("ticket", flat=True)) == {answered.pk}
    is_true(in_time)
    assert len(figures) == 11, "nine levels, the whole and the answers"


def test_m15_is_provisional_while_an_alert_may_still_be_answered(desk: Desk, manager: Agent) -> None:
    alerted(desk, manager)
    asked = [march(desk.team, now=now) for now in ("2 09:44", "2 09:45")]
    assert [alert_load(each)[-1].provisional for each in asked] == [1, 0]
    assert alert_load(march(desk.other))[0].value is None


def test_alerts_stand_on_the_dashboard_and_lead_to_their_tickets(desk: Desk, manager: Agent) -> None:
    alerted(desk, manager)
    with time_machine.travel(at("2 10:00"), tick=False):
        page = html_of(desk.lead, f"/reports/?{MARCH}")
        rows = html_of(desk.lead, f"/reports/rows/?figure=M15&part=counted&{MARCH}")
    assert "Nobody has accepted it, level 1: 2" not in page, "a bar says label and number"
    assert "Nobody has accepted it, level 1 2" in page
    assert "Nobody has accepted it, level 2" not in page, "of which there was none"
    assert all(ticket.reference in rows for ticket in Ticket.objects.all())


def test_figures_of_a_period_read_its_clocks_and_alerts_alone(db: None) -> None:
    asked = march()
    rows = {
        "slaclock_decided": SlaClock.objects.filter(within(asked, "due_at")).filter(DONE | LATE),
        "slaclock_completed_at": SlaClock.objects.filter(DONE, within(asked, "completed_at")),
        "alert_raised": Alert.objects.filter(within(asked, "triggered_at")),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for index, found in rows.items():
        assert index in found.order_by().explain()
