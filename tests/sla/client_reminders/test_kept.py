"""Who waits for a customer's answer asks again also after what stopped that for a while."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from accounts.enums import Role
from sla.client_reminders.models import ClientReminderRule
from sla.client_reminders.services import edit_client_reminder
from sla.services import pause_clocks, resume_clocks
from tests.factories import AgentFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched
from tests.sla.client_reminders.test_asking import asked, waiting, walk
from tickets.models import Ticket
from tickets.services import edit_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Iterator[Watched]:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        yield Watched(clock)


def test_another_priority_asks_again_where_the_rule_before_was_switched_off(desk: Watched) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    rule = ClientReminderRule.objects.get(priority="low")
    edit_client_reminder(rule.pk, by=admin, reason="Quiet", interval_minutes=480, is_active=False)
    ticket = waiting(desk, priority="low")
    walk(desk, 20, step=10)
    version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
    edit_ticket(ticket.pk, by=desk.owner, version=version, priority="high", reason="The ward cannot print.")
    walk(desk, 110, step=10)
    assert asked(ticket) == [120]


def test_a_pause_that_is_ended_early_counts_for_as_long_as_it_was(desk: Watched) -> None:
    supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    ticket = waiting(desk, priority="high")
    ticket.team.supervisor = supervisor
    ticket.team.save()
    walk(desk, 30, step=10)
    pause_clocks(ticket.pk, by=supervisor, reason="vendor", until=desk.now + timedelta(days=3))
    walk(desk, 100, step=10)
    resume_clocks(ticket.pk, by=supervisor)
    walk(desk, 100, step=10)
    assert asked(ticket) == [220], "30 minutes, a pause of 100, and 90 more"
