"""One run of everything that is due: a failing timer does not stop the others, the end of the worker's time does."""

import itertools
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
    assert Heartbeat.objects.filter(name=timers.HEARTBEAT).exists()  # the sweep goes on in the next minute


def test_a_backlog_does_not_keep_the_others_waiting(ran: list[str]) -> None:
    work = {"mail": 50, "offers": 1}

    def timer(name: str, leaves_to: str = "") -> timers.Timer:
        def batch(*, now: object) -> int:
            if not work[name]:
                return 0
            ran.append(name)
            work[name] -= 1
            if leaves_to and work[name] == 0:
                work[leaves_to] += 1
            return 2

        return batch

    timers.register("mail", timer("mail", leaves_to="offers"), order=1)
    timers.register("offers", timer("offers"), order=2)
    assert timers.run_all().counts == {"mail": 100, "offers": 4}
    turns = [(name, len(list(some))) for name, some in itertools.groupby(ran)]
    assert turns == [("mail", 20), ("offers", 1), ("mail", 30), ("offers", 1)]


def test_a_timer_that_never_ends_ends_with_the_run(ran: list[str]) -> None:
    timers.register("endless", lambda *, now: 1, order=1)
    add("second", 2, ran)
    assert timers.run_all().counts == {"endless": 1000, "second": 0}
    assert ran == ["second"] * 50


def test_sessions_that_are_over_are_dropped_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for number in range(5):
        Session.objects.create(session_key=f"over{number}", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="running", expire_date=now + timedelta(seconds=1))
    monkeypatch.setattr(sessions, "FORGOTTEN_AT_ONCE", 3)
    assert sessions.forget_ended_sessions(now=now) == 3
    assert timers.run_all().counts["sessions_forgotten"] == 2
    assert [session.session_key for session in Session.objects.all()] == ["running"]
