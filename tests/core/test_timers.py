"""One run of everything that is due: a failing timer does not stop the others, the end of the worker's time does."""

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.sessions.models import Session
from django.utils import timezone

from core import sessions, timers
from core.models import Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(timers, "_timers", {})
    return []


def add(name: str, order: int, ran: list[str], error: Exception | None = None) -> None:
    def timer(*, now: object) -> int:
        ran.append(name)
        if error:
            raise error
        return 0

    timers.register(name, timer, order=order)


def test_a_failure_does_not_stop_the_others(ran: list[str]) -> None:
    add("second", 2, ran)
    add("first", 1, ran, ZeroDivisionError())
    run = timers.run_all()
    assert (ran, run.failed, run.counts) == (["first", "second"], ["first"], {"second": 0})
    assert Heartbeat.objects.filter(name=timers.HEARTBEAT).exists()


def test_the_end_of_the_workers_time_ends_the_run(ran: list[str]) -> None:
    add("first", 1, ran, SoftTimeLimitExceeded())
    add("second", 2, ran)
    with pytest.raises(SoftTimeLimitExceeded):
        timers.run_all()
    assert ran == ["first"]
    assert not Heartbeat.objects.filter(name=timers.HEARTBEAT).exists()


def test_sessions_that_are_over_are_dropped_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for number in range(5):
        Session.objects.create(session_key=f"over{number}", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="running", expire_date=now + timedelta(seconds=1))
    monkeypatch.setattr(sessions, "FORGOTTEN_AT_ONCE", 3)
    assert sessions.forget_ended_sessions(now=now) == 3
    assert timers.run_all().counts["sessions_forgotten"] == 2
    assert [session.session_key for session in Session.objects.all()] == ["running"]
