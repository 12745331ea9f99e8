"""Many promises that are missed at one moment: alerts, reminders of the promise and people's own come together, and
nobody gets more than one message a channel and window.

A tenth of its size in the suite, all of it in `make soak`.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from core import timers
from notifications.models import Delivery, DeliveryItem, Notification
from sla.alerts.models import Alert, AlertRecipient, AlertWatch
from sla.models import SlaClock
from sla.reminders.models import Reminder
from tests.database import connect_as_owner
from tests.scale import full_size
from tests.slim import add_tickets, end_walks, make_around

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

MISSED = full_size(500)
MINUTE = timedelta(minutes=1)
WINDOW = 5 * MINUTE


def test_many_breaches_at_once_are_one_delivery_for_each_person_channel_and_window() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    desk = make_around(owners=4, targets={"resolution": 120})
    end_walks()
    with connect_as_owner() as owner:
        add_tickets(
            owner.cursor(), desk, MISSED, at=now - 121 * MINUTE, watch_at=now - MINUTE, remind_own_at=now - MINUTE
        )
    AlertWatch.objects.filter(condition="not_completed").update(due_at=now - MINUTE)
    for _minute in range(12):
        run = timers.run_all(now=now)
        assert run.failed == []
        now += MINUTE

    assert SlaClock.objects.filter(breached_at__isnull=False).count() == MISSED
    assert Alert.objects.filter(condition="not_completed", level=3).count() == MISSED
    assert Reminder.objects.filter(kind="sla_breach", status="triggered").count() == MISSED // 2
    assert Reminder.objects.filter(kind="custom", status="triggered").count() == MISSED // 2
    assert set(desk.owners) <= {row.recipient for row in Delivery.objects.select_related("recipient")}
    moments: dict[tuple[object, str], list[datetime]] = {}
    for row in Delivery.objects.order_by("scheduled_for"):
        moments.setdefault((row.recipient_id, row.channel), []).append(row.scheduled_for)
    for whom, scheduled in moments.items():
        assert all(later - earlier >= WINDOW for earlier, later in pairwise(scheduled)), whom
    of_breach = AlertRecipient.objects.filter(alert__condition="not_completed", alert__level=3, agent__in=desk.owners)
    assert of_breach.filter(told_at__isnull=False).values("alert__ticket").distinct().count() == MISSED // 2
    assert not Notification.objects.filter(event_type="sla_breach").exists(), "the alert has told them already"
    assert not AlertRecipient.objects.filter(tell_at__isnull=False).exists()
    assert set(Counter(DeliveryItem.objects.values_list("notification", "channel")).values()) == {1}
