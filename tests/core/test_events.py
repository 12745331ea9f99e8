"""The transactional outbox: rows are the truth, each receiver is done once, a failing one stops no other (ruling
13).
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from core import events, timers
from core.events import DomainEvent, deliver_all, deliver_due, forget_done, from_payload, publish, subscribe, to_payload
from core.models import EventDelivery, Heartbeat
from tests.concurrency import in_parallel


@dataclass(frozen=True, kw_only=True)
class KettleBoiled(DomainEvent):
    kettle_id: UUID
    cups: int
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class KettleBroke(DomainEvent):
    kettle_id: UUID


@subscribe(KettleBoiled)
def heard_at_once(event: KettleBoiled) -> None:
    Heartbeat.objects.create(name=f"once {event.kettle_id}", ended_at=event.occurred_at)


@subscribe(KettleBoiled, after_commit=True)
def pour(event: KettleBoiled) -> None:
    Heartbeat.objects.create(name=f"tea {event.kettle_id}", ended_at=event.occurred_at)


@subscribe(KettleBroke, after_commit=True)
def fail(event: KettleBroke) -> None:
    Heartbeat.objects.create(name=f"half {event.kettle_id}", ended_at=event.occurred_at)
    raise OSError("no water")


@subscribe(KettleBoiled, after_commit=True, when=lambda event: event.cups > 10)
def call_for_help(event: KettleBoiled) -> None:
    Heartbeat.objects.create(name=f"help {event.kettle_id}", ended_at=event.occurred_at)


@dataclass(frozen=True, kw_only=True)
class KettleTookTooLong(DomainEvent):
    pass


@subscribe(KettleTookTooLong, after_commit=True)
def run_out_of_time(_event: KettleTookTooLong) -> None:
    raise SoftTimeLimitExceeded


def boiled() -> KettleBoiled:
    return KettleBoiled(kettle_id=uuid4(), cups=2, occurred_at=timezone.now())


def names() -> list[str]:
    return sorted(Heartbeat.objects.values_list("name", flat=True))


@pytest.mark.django_db(transaction=True)
def test_one_receiver_runs_at_once_and_the_other_after_the_commit() -> None:
    event = boiled()
    with transaction.atomic():
        publish(event)
    assert names() == [f"once {event.kettle_id}"]
    assert deliver_due() == 1
    assert names() == [f"once {event.kettle_id}", f"tea {event.kettle_id}"]
    assert deliver_due() == 0


@pytest.mark.django_db
def test_a_receiver_whom_only_some_concern_gets_no_row_of_the_others() -> None:
    publish(KettleBoiled(kettle_id=uuid4(), cups=10, occurred_at=timezone.now()))
    publish(KettleBoiled(kettle_id=uuid4(), cups=11, occurred_at=timezone.now()))
    assert EventDelivery.objects.filter(receiver__endswith="call_for_help").count() == 1
    assert EventDelivery.objects.filter(receiver__endswith="pour").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_tells_nobody() -> None:
    with transaction.atomic():
        publish(boiled())
        transaction.set_rollback(True)
    assert (names(), EventDelivery.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="KettleBoiled"):
        publish(boiled())


@pytest.mark.django_db(transaction=True)
def test_a_failing_receiver_leaves_nothing_and_is_tried_later() -> None:
    event = KettleBroke(kettle_id=uuid4(), occurred_at=timezone.now())
    with transaction.atomic():
        publish(event)
        publish(boiled())
    assert deliver_due() == 1
    assert f"half {event.kettle_id}" not in names()
    row = EventDelivery.objects.get(done_at__isnull=True)
    assert (row.attempts, row.last_error, row.failed_at) == (1, "OSError: no water", None)
    assert row.due_at > row.created_at
    assert deliver_due(now=row.due_at - timedelta(milliseconds=1)) == 0
    assert EventDelivery.objects.get(pk=row.pk).attempts == 1
    deliver_due(now=row.due_at)
    assert EventDelivery.objects.get(pk=row.pk).attempts == 2


@pytest.mark.django_db(transaction=True)
def test_after_a_day_of_failures_it_fails_visibly() -> None:
    with transaction.atomic():
        publish(KettleBroke(kettle_id=uuid4(), occurred_at=timezone.now()))
    EventDelivery.objects.update(created_at=timezone.now() - timedelta(hours=24))
    deliver_due()
    assert EventDelivery.objects.get().failed_at is not None


@pytest.mark.django_db(transaction=True)
def test_several_workers_never_do_the_same_delivery() -> None:
    with transaction.atomic():
        for _n in range(20):
            publish(boiled())
    done = in_parallel(*[lambda: deliver_due(limit=20)] * 4)
    assert sum(done) + deliver_due(now=timezone.now() + timedelta(minutes=2)) == 20
    assert len([name for name in names() if name.startswith("tea ")]) == 20


@pytest.mark.django_db(transaction=True)
def test_the_lease_of_a_dead_worker_runs_out() -> None:
    with transaction.atomic():
        publish(boiled())
    now = timezone.now()
    assert len(events._lease(limit=10, now=now)) == 1
    assert deliver_due(now=now + events.LEASE - timedelta(seconds=1)) == 0
    assert deliver_due(now=timezone.now() + events.LEASE) == 1


@pytest.mark.django_db(transaction=True)
def test_a_lease_runs_by_the_clock_also_when_work_is_done_for_a_later_moment() -> None:
    with transaction.atomic():
        publish(boiled())
    (row_id,) = events._lease(limit=10, now=timezone.now() + timedelta(days=30))
    left = EventDelivery.objects.get(pk=row_id).leased_until - timezone.now()
    assert timedelta(seconds=50) < left <= events.LEASE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=30)])
def test_a_batch_of_failures_does_not_stop_those_behind_it_and_each_is_tried_once(later: timedelta) -> None:
    with transaction.atomic():
        for _n in range(4):
            publish(KettleBroke(kettle_id=uuid4(), occurred_at=timezone.now()))
        publish(boiled())
    assert deliver_all(limit=2, now=timezone.now() + later) == 1
    assert list(EventDelivery.objects.order_by("id").values_list("attempts", flat=True)) == [1] * 5


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_workers_time_is_no_failure_of_the_receiver() -> None:
    with transaction.atomic():
        publish(KettleTookTooLong(occurred_at=timezone.now()))
    with pytest.raises(SoftTimeLimitExceeded):
        deliver_all()
    row = EventDelivery.objects.get()
    assert (row.last_error, row.done_at, row.failed_at) == ("", None, None)


@pytest.mark.django_db
def test_a_timer_forgets_what_was_done_a_week_ago_and_keeps_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    for number in range(3):
        EventDelivery.objects.create(event="old", receiver=str(number), payload={}, done_at=now - timedelta(days=8))
    EventDelivery.objects.create(event="new", receiver="", payload={}, done_at=now - timedelta(days=6))
    EventDelivery.objects.create(event="failed", receiver="", payload={}, failed_at=now - timedelta(days=90))
    monkeypatch.setattr(events, "FORGOTTEN_AT_ONCE", 2)
    assert "events_forgotten" in timers.registered()
    assert [forget_done(now=now) for _batch in range(3)] == [2, 1, 0]
    assert sorted(EventDelivery.objects.values_list("event", flat=True)) == ["failed", "new"]


def test_events_survive_the_way_through_the_database() -> None:
    event = KettleBoiled(kettle_id=uuid4(), cups=3, note="strong", occurred_at=timezone.now())
    assert from_payload(KettleBoiled, to_payload(event)) == event
    assert from_payload(KettleBoiled, to_payload(event) | {"field_of_tomorrow": 1}) == event
