"""A sweep that is killed loses no alert and tells nobody twice."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from core import steps
from notifications.models import Notification
from sla.alerts.models import Alert
from tests.killable import Killable
from tests.sla.alerts.conftest import MONDAY_NINE, Watched

FIVE = timedelta(minutes=5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", steps.declared("sla.alerts"))
def test_killed_at_any_step_each_alert_is_there_once_and_told_once(
    step: str, tmp_path: Path, killable: Killable
) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        desk = Watched(clock)
        tickets = [desk.ticket(owned=False) for _number in range(3)]
    now = MONDAY_NINE + FIVE
    assert killable.run_timers(tmp_path, now=now, kill_at=step).returncode == -9
    for _run in range(20):  # what the killed one had locked is left out until the database has noticed its end
        ended = killable.run_timers(tmp_path, now=now)
        assert ended.returncode == 0, ended.output
        if Notification.objects.filter(event_type="alert").exists():
            break
    assert set(Alert.objects.values_list("ticket", "condition", "level", "cycle")) == {
        (ticket.pk, "not_assigned", 1, 1) for ticket in tickets
    }
    told = Notification.objects.filter(event_type="alert")
    assert {(row.recipient_id, row.payload["count"]) for row in told} == {(desk.manager.pk, 3)}
    assert told.count() == 1
