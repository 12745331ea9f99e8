"""Notifications on their way to people while workers are killed at random, the queue loses everything and the database
is started again: each arrives once or has visibly failed, and none is missing.

A tenth of its size in the suite, all of it in `make soak`.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import Agent
from connectors.mail import maildir
from itilnext.local import testing
from notifications.enums import Because, DeliveryStatus, EventType, Urgency
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.services import notify
from tests.factories import AgentFactory, TeamFactory
from tests.killable import Killable
from tests.live import Worker
from tests.outages import keep_what_is_committed, lose_database
from tests.scale import full_size

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3000)]

TOLD = full_size(5_000)
PEOPLE = TOLD // 5
KILLS = full_size(20)
RESTARTS = full_size(3)
SEED = 20261122
KINDS = (
    (EventType.ALERT, Urgency.URGENT),
    (EventType.SLA_BREACH, Urgency.BREACH),
    (EventType.MENTIONED, Urgency.NORMAL),
)


def test_killed_workers_and_a_lost_queue_lose_and_double_no_notification(
    celery_worker_process: Callable[..., Worker], killable: Killable
) -> None:
    keep_what_is_committed()
    home = Path(settings.ITILNEXT_HOME)
    people = AgentFactory.create_batch(PEOPLE, teams=[TeamFactory()])
    _tell(people)
    _under_fire(celery_worker_process)
    for minutes in (10, 20):  # after the windows, and after the leases of the dead
        ended = killable.run_timers(home, now=timezone.now() + timedelta(minutes=minutes))
        assert ended.returncode == 0, ended.output
    _each_once_or_visibly_failed(people, home)


def _tell(people: list[Agent]) -> None:
    for number in range(TOLD):
        event, urgency = KINDS[number % len(KINDS)]
        canary = f"canary-{number}."
        facts = {"reference": f"INC-2026-{number:06}", "subject": canary, "level": 1, "author": "Cleo"}
        facts |= {"count": 2, "references": canary}  # of alerts that are no single ticket's
        with transaction.atomic():
            notify([people[number % PEOPLE].pk], event, dedupe_key=f"{number}", urgency=urgency, **facts)


def _under_fire(start_worker: Callable[..., Worker]) -> None:
    """Kill the worker, restart Valkey and PostgreSQL at random moments of the work; which ones is the point, whatever
    they hit.
    """
    dice = random.Random(SEED)
    blows = ["kill"] * KILLS + ["restart"] * RESTARTS + ["database"]
    dice.shuffle(blows)
    moments = sorted(dice.sample(range(PEOPLE * 9 // 10), len(blows)))
    worker = start_worker()
    for moment, blow in zip(moments, blows, strict=True):
        _wait_for_progress(until=moment)
        time.sleep(dice.uniform(0, 0.2))
        if blow == "kill":
            worker.kill()
            worker = start_worker()
        elif blow == "database":
            lose_database()
        elif testing.started:  # a Valkey that the suite was given is not ours to restart
            testing.started[0].kill()
            testing.started[0].start()
    worker.kill()


def _wait_for_progress(*, until: int, patience: float = 600.0) -> None:
    deadline, woken = time.monotonic() + patience, 0.0
    while (handed := Delivery.objects.filter(released_at__isnull=False).count()) < until:
        assert time.monotonic() < deadline, f"only {handed} of {until} deliveries were let go"
        if time.monotonic() - woken > 1:
            woken = time.monotonic()
            _wake()
        time.sleep(0.05)


def _wake() -> None:
    try:
        current_app.send_task("notifications.deliver_due", retry=False, ignore_result=True, expires=10)
    except (OperationalError, OSError):
        return


def _each_once_or_visibly_failed(people: list[Agent], home: Path) -> None:
    assert not Notification.objects.unplanned().exists()
    assert DeliveryItem.objects.count() == TOLD
    failed = Delivery.objects.filter(status=DeliveryStatus.FAILED, because=Because.UNCLEAR)
    assert failed.count() <= KILLS + 1  # whose word came back to a database that was away
    states = Counter(Delivery.objects.values_list("status", "because"))
    assert set(states) <= {(DeliveryStatus.SENT, ""), (DeliveryStatus.FAILED, Because.UNCLEAR)}, states
    may_be_missing = {
        row.payload["subject"] for row in Notification.objects.filter(items__delivery__in=failed).only("payload")
    }
    arrived = _canaries(people, home)
    wanted = {f"canary-{number}." for number in range(TOLD)}
    assert [canary for canary, count in arrived.items() if count > 1] == []
    assert wanted - arrived.keys() <= may_be_missing
    assert arrived.keys() <= wanted


def _canaries(people: list[Agent], home: Path) -> Counter[str]:
    """How often each text stands in what people have in their mailboxes."""
    found: Counter[str] = Counter()
    for person in people:
        for path in maildir.messages_in(maildir.folder_of(person.email, root=home / "mail")):
            part = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
            assert part is not None
            found.update(word for word in part.get_content().split() if word.startswith("canary-"))
    return found
