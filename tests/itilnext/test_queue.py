"""Beat leads alone, and a lost broker holds nobody up."""

import time
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis

from itilnext import beat
from itilnext.beat import LOCK_NAME, LeaderScheduler


@pytest.fixture(autouse=True)
def _no_leader() -> None:
    Redis.from_url(settings.REDIS_URL).delete(LOCK_NAME)


def scheduler() -> LeaderScheduler:
    app = Celery("beat-of-a-test", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    return LeaderScheduler(app=app, lazy=True)


def test_of_two_beats_one_leads_and_the_other_takes_over() -> None:
    first, second = scheduler(), scheduler()
    first.tick()
    second.tick()
    assert (first.is_leader, second.is_leader, beat.is_led()) == (True, False, True)
    first.close()
    second.tick()
    assert (second.is_leader, beat.is_led()) == (True, True)
    second.close()
    assert beat.is_led() is False


def test_a_leader_that_lost_its_lease_stands_by() -> None:
    first, second = scheduler(), scheduler()
    first.tick()
    Redis.from_url(settings.REDIS_URL).delete(LOCK_NAME)  # as if the lease had run out
    second.tick()
    first.tick()
    assert (first.is_leader, second.is_leader) == (False, True)
    second.close()


def test_a_lost_broker_is_noticed_at_once(tmp_path: Path) -> None:
    app = Celery("publisher-of-a-test", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url=f"redis+socket://{tmp_path}/nobody.sock")
    began_at = time.monotonic()
    with pytest.raises(OperationalError):
        app.send_task("core.deliver_events", retry=False)
    assert time.monotonic() - began_at < 3


def test_every_scheduled_task_exists() -> None:
    from itilnext.celery import app

    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(app.tasks)
