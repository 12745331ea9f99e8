"""Alerts, missed promises, reminders and scores that are due at once while workers are killed at random, PostgreSQL is
started again and the queue loses everything: each is recorded once, and told once or has visibly failed.

A tenth of its size in the suite, all of it in `make soak`.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db.utils import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from connectors.mail import maildir
from notifications.enums import Because, DeliveryStatus
from notifications.models import Delivery, DeliveryItem, Notification
from sla.alerts.models import Alert, AlertRecipient, AlertWatch
from sla.models import SlaClock
from sla.reminders.models import Reminder
from sla.scores.models import TicketScore
from sla.services import differences
from tests.database import connect_as_owner
from tests.killable import Killable
from tests.live import Worker
from tests.outages import keep_what_is_committed, lose_database, lose_queue
from tests.scale import full_size
from tests.slim import YEAR, Around, add_tickets, end_walks, make_around
from tickets.models import Ticket, TimelineEntry

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3000)]

ALERTS = full_size(5_000)
OTHERS = ALERTS // 5
"""Each of missed promises, reminders and scores."""
OWNERS = 10
KILLS = full_size(20)
SEED = 20261123
MINUTE = timedelta(minutes=1)


def test_killed_workers_and_lost_servers_lose_and_double_nothing_that_is_due(
    celery_worker_process: Callable[..., Worker], killable: Killable
) -> None:
    keep_what_is_committed()
    home, now = Path(settings.ITILNEXT_HOME), datetime.now(UTC).replace(microsecond=0)
    watched = _make_due(now)
    _under_fire(celery_worker_process, now)
    for minutes in (5, 12):  # after the windows, and after the leases of the dead
        ended = killable.run_timers(home, now=datetime.now(UTC) + minutes * MINUTE)
        assert ended.returncode == 0, ended.output
    _recorded_once(now)
    _told_once(watched)
    _arrived_once_or_visibly_failed(home)


def _make_due(now: datetime) -> Around:
    """The desk whose alerts are due."""
    watched, missed, reminded, scored = (
        make_around(owners=OWNERS, targets={"resolution": minutes}) for minutes in (YEAR, 60, 240, 360)
    )
    end_walks()
    with connect_as_owner() as owner:
        cursor = owner.cursor()
        add_tickets(cursor, watched, ALERTS, at=now - 125 * MINUTE, watch_at=now - MINUTE)
        add_tickets(cursor, missed, OTHERS, at=now - 61 * MINUTE)
        add_tickets(cursor, reminded, OTHERS, at=now - 121 * MINUTE, remind_own_at=now - MINUTE)
        add_tickets(cursor, scored, OTHERS, at=now - 61 * MINUTE, score_at=now - MINUTE)
    return watched


def _under_fire(start_worker: Callable[..., Worker], now: datetime) -> None:
    """At random moments of the work; which ones is the point, whatever they hit."""
    dice = random.Random(SEED)
    blows = ["kill"] * KILLS + ["database", "queue"]
    dice.shuffle(blows)
    moments = sorted(dice.sample(range(ALERTS * 9 // 10), len(blows)))
    worker = start_worker()
    for moment, blow in zip(moments, blows, strict=True):
        _wait_for_progress(until=moment)
        time.sleep(dice.uniform(0, 0.2))
        if blow == "kill":
            worker.kill()
            worker = start_worker()
        elif blow == "database":
            lose_database()
        else:
            lose_queue()
    _wait_for_progress(until=ALERTS)
    worker.kill()


def _wait_for_progress(*, until: int, patience: float = 600.0) -> None:
    deadline, woken, done = time.monotonic() + patience, 0.0, -1
    while done < until:
        assert time.monotonic() < deadline, f"only {done} of {until} alerts were raised"
        if time.monotonic() - woken > 1:
            woken = time.monotonic()
            _wake()
        try:
            done = Alert.objects.count()
        except (OperationalError, InterfaceError):  # the database is away
            time.sleep(0.2)
        time.sleep(0.02)


def _wake() -> None:
    try:
        current_app.send_task("core.run_timers", retry=False, ignore_result=True, expires=10)
    except (BrokerError, OSError):
        return


def _recorded_once(now: datetime) -> None:
    """Every alert, missed promise and reminder is there once, with its line on the timeline; no score is due."""
    conditions = Counter(Alert.objects.values_list("condition", "level", "cycle", "status"))
    assert conditions == {
        ("not_assigned", 1, 1, "open"): ALERTS // 2,
        ("not_updated", 1, 1, "open"): ALERTS - ALERTS // 2,
    }
    assert Alert.objects.values("ticket").distinct().count() == ALERTS
    assert not AlertWatch.objects.due(now).exists()
    missed = SlaClock.objects.filter(breached_at__isnull=False)
    assert set(missed.values_list("breached_at", flat=True)) == {now - MINUTE}
    assert missed.count() == OTHERS
    lines = Counter(TimelineEntry.objects.values_list("ticket", "kind"))
    assert set(lines.values()) == {1}
    assert Counter(kind for _ticket, kind in lines) == {"alert": ALERTS, "sla_event": OTHERS}
    brought_up = Reminder.objects.filter(triggered_at__isnull=False)
    assert brought_up.count() == OTHERS
    assert set(brought_up.values_list("version", flat=True)) == {2}
    assert not Reminder.objects.filter(is_withdrawn=True).exists()
    assert not TicketScore.objects.filter(next_change_at__lt=now).exists()
    assert list(differences(list(Ticket.objects.values_list("pk", flat=True)))) == []


def _told_once(watched: Around) -> None:
    """Of each alert one person, in one message; of each reminder its person."""
    told = AlertRecipient.objects.filter(told_at__isnull=False, tell_at=None)
    assert told.count() == AlertRecipient.objects.count() == ALERTS
    named: Counter[object] = Counter()
    for row in Notification.objects.filter(event_type="alert"):
        named[row.recipient_id] += row.payload.get("count", 1)
    assert named == Counter(told.values_list("agent", flat=True))
    assert set(named) == {agent.pk for agent in watched.owners} | {watched.team.manager_id}
    reminders = Notification.objects.exclude(event_type="alert")
    assert Counter(reminders.values_list("payload__reminder", flat=True)) == Counter(
        {str(pk): 1 for pk in Reminder.objects.filter(triggered_at__isnull=False).values_list("pk", flat=True)}
    )


def _arrived_once_or_visibly_failed(home: Path) -> None:
    assert not Notification.objects.unplanned().exists()
    items = Counter(DeliveryItem.objects.values_list("notification", "channel"))
    assert set(items.values()) <= {1}
    failed = Delivery.objects.filter(status=DeliveryStatus.FAILED, because=Because.UNCLEAR).count()
    sent = Delivery.objects.filter(status=DeliveryStatus.SENT)
    assert sent.count() + failed == Delivery.objects.count()
    assert failed <= KILLS + 1
    folders = [maildir.folder_of(email, root=home / "mail") for email in _addresses()]
    mails = sum(len(list(maildir.messages_in(folder))) for folder in folders)
    by_mail = sent.filter(channel="email").count()
    assert by_mail <= mails <= by_mail + failed


def _addresses() -> set[str]:
    return set(Delivery.objects.values_list("recipient__email", flat=True))
