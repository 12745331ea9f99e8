"""Many rows changed by one statement."""

from datetime import timedelta

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.actors import TIMER
from core.many import record_all_soon, update_all_soon
from core.writing import together
from sla.reminders.models import Reminder
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


def reminders(count: int) -> list[Reminder]:
    agent, at = AgentFactory(), timezone.now()
    return [Reminder.objects.create(agent=agent, kind="custom", message=f"{n}", trigger_at=at) for n in range(count)]


def test_each_row_gets_its_own_values_by_one_statement_however_many_they_are() -> None:
    rows = reminders(3)
    for number, row in enumerate(rows):
        row.message, row.end_on = f"No {number}", None
        row.snooze_until = None if number else row.trigger_at
    with CaptureQueriesContext(connection) as asked:
        update_all_soon(rows[:2], ["message", "end_on"])
        update_all_soon([], ["message"])
    assert len(asked) == 1
    assert list(Reminder.objects.order_by("trigger_at", "id").values_list("message", "version")) == [
        *(("No 0", 1), ("No 1", 1), ("2", 1))
    ]


def test_audited_rows_take_their_history_along_and_count_their_version() -> None:
    rows = reminders(2)
    at = timezone.now() + timedelta(hours=1)
    for row in rows:
        row.trigger(at=at)
    with CaptureQueriesContext(connection) as asked, together():
        record_all_soon(rows, by=TIMER, names=["status", "triggered_at"])
    assert len(asked) == 1
    for row in rows:
        kept = Reminder.objects.get(pk=row.pk)
        assert (kept.status, kept.triggered_at, kept.version) == ("triggered", at, 2)
        newest = row.history.latest("history_id")
        assert (newest.status, newest.version, newest.actor_name) == ("triggered", 2, TIMER.audit_name)
        assert newest.history_type == "~"


def test_a_text_that_is_too_long_is_refused_and_not_cut_off() -> None:
    rows = reminders(1)
    rows[0].recurs_from = "x" * 27
    with pytest.raises(DataError):
        update_all_soon(rows, ["recurs_from"])
