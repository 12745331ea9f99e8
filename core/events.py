"""Domain events: how a lower app tells what happened without knowing who listens (house style, section 3).

A receiver runs in the publisher's transaction, or, subscribed with `after_commit=True`, later in a worker: `publish`
then
writes one `EventDelivery` row in the same transaction. The rows are the truth; queue messages only wake workers up. A
delivery runs at least once, in one transaction with the mark that it is done, so what it writes is written exactly
once.
"""

import dataclasses
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core import plans, steps, wake
from core.models import EventDelivery
from core.retry import next_attempt_at
from core.writing import insert_soon

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a worker may take for its batch; what it has not done by then is left to the next sweep."""
MAX_BATCHES = 1000
"""Batches of one `deliver_all`: what comes in faster than it is done must not keep a worker for ever."""
KEPT_FOR = timedelta(days=7)
"""For how long done deliveries tell an operator what happened."""
FORGOTTEN_AT_ONCE = 5000

LEASED = steps.declare("events.deliver", "leased")
RECEIVED = steps.declare("events.deliver", "received")
DONE = steps.declare("events.deliver", "done")


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that happened, named in the past tense; carries ids and the moment (UTC), never objects."""

    occurred_at: datetime


E = TypeVar("E", bound=DomainEvent)
Receiver = Callable[[Any], None]

_events: dict[str, type[DomainEvent]] = {}
_at_once: dict[type[DomainEvent], list[Receiver]] = {}
_after_commit: dict[type[DomainEvent], list[tuple[str, Callable[[Any], bool]]]] = {}
_receivers: dict[str, Receiver] = {}


def subscribe(
    event: type[E], *, after_commit: bool = False, when: Callable[[E], bool] = lambda _event: True
) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a receiver of `event`; `after_commit` ones must be idempotent, since they run at least once. One whom
    only some concern says `when`: for the others there is no row to write and nothing to do later.
    """

    def register(receiver: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{receiver.__module__}.{receiver.__qualname__}"
        if name in _receivers:
            raise ValueError(f"{name} is subscribed twice")
        _receivers[name] = receiver
        _events[event.__qualname__] = event
        if after_commit:
            _after_commit.setdefault(event, []).append((name, when))
        else:
            _at_once.setdefault(event, []).append(receiver)
        return receiver

    return register


def publish(event: DomainEvent) -> None:
    """Tell all receivers of this very event; must be called inside the transaction of the change."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} published outside a transaction")
    for receiver in _at_once.get(type(event), ()):
        receiver(event)
    if names := [name for name, when in _after_commit.get(type(event), ()) if when(event)]:
        payload = to_payload(event)
        for name in names:
            insert_soon(EventDelivery(event=type(event).__qualname__, receiver=name, payload=payload))
        wake.after_commit("core.deliver_events")


def to_payload(event: DomainEvent) -> dict[str, Any]:
    """Field -> JSON value; instants keep their microseconds."""
    return {field.name: _encode(getattr(event, field.name)) for field in dataclasses.fields(event)}


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def from_payload(event: type[E], payload: dict[str, Any]) -> E:
    """The event as it was published; fields that a later release added take their defaults."""
    hints = get_type_hints(event)
    return event(**{name: _decode(hints[name], value) for name, value in payload.items() if name in hints})


def _decode(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if hint is UUID or hint == UUID | None:
        return UUID(value)
    if hint is datetime or hint == datetime | None:
        return parse_datetime(value)
    if isinstance(hint, type) and issubclass(hint, models.TextChoices):
        return hint(value)
    return value


def deliver_due(*, limit: int = 100, now: datetime | None = None) -> int:
    """Run one batch of due deliveries under a lease and return how many were done. Several workers at once never take
    the same row.
    """
    return sum(_deliver_each(_lease(limit=limit, now=now or timezone.now())).values())


def deliver_all(*, limit: int = 50, now: datetime | None = None) -> int:
    """Run all due deliveries, batch by batch, and return how many were done.

    Each is tried once: failing ones neither stop those behind them nor come up again, also where `now` lies ahead.
    """
    done, failed = 0, set[int]()
    for _batch in range(MAX_BATCHES):
        outcomes = _deliver_each(_lease(limit=limit, now=now or timezone.now(), besides=failed))
        if not outcomes:
            break
        done += sum(outcomes.values())
        failed |= {delivery_id for delivery_id, is_done in outcomes.items() if not is_done}
    return done


def _deliver_each(delivery_ids: list[int]) -> dict[int, bool]:
    outcomes: dict[int, bool] = {}
    if delivery_ids:
        with plans.kept():
            for delivery_id in delivery_ids:
                LEASED.reached()
                outcomes[delivery_id] = _deliver(delivery_id)
    return outcomes


@transaction.atomic
def _lease(*, limit: int, now: datetime, besides: Collection[int] = ()) -> list[int]:
    """What is due at `now`; the lease itself runs by the clock, so that a `now` ahead of it locks nobody out."""
    due = (
        EventDelivery.objects.filter(done_at__isnull=True, failed_at__isnull=True, due_at__lte=now)
        .exclude(leased_until__gt=now)
        .exclude(pk__in=besides)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)[:limit]
    )
    ids = [delivery.pk for delivery in due]
    leased_until = timezone.now() + LEASE
    EventDelivery.objects.filter(pk__in=ids).update(leased_until=leased_until, attempts=models.F("attempts") + 1)
    return ids


def _deliver(delivery_id: int) -> bool:
    try:
        with transaction.atomic():
            delivery = (
                EventDelivery.objects.select_for_update(skip_locked=True)
                .filter(pk=delivery_id, done_at__isnull=True)
                .first()
            )
            if delivery is None:
                return False
            event = from_payload(_events[delivery.event], delivery.payload)
            _receivers[delivery.receiver](event)
            RECEIVED.reached()
            delivery.done_at, delivery.leased_until = timezone.now(), None
            delivery.save(update_fields=["done_at", "leased_until"])
    except SoftTimeLimitExceeded:  # the worker's time is over, which says nothing about the receiver
        raise
    except Exception as error:  # the outermost loop of a worker: one failing receiver must not stop the others
        logger.exception("event delivery failed", extra={"delivery": delivery_id})
        _put_off(delivery_id, error)
        return False
    DONE.reached()
    return True


@transaction.atomic
def _put_off(delivery_id: int, error: Exception) -> None:
    delivery = EventDelivery.objects.select_for_update().get(pk=delivery_id)
    now = timezone.now()
    delivery.leased_until, delivery.last_error = None, f"{type(error).__name__}: {error}"[:2000]
    if (due_at := next_attempt_at(delivery.attempts, since=delivery.created_at, now=now)) is None:
        delivery.failed_at = now
    else:
        delivery.due_at = due_at
    delivery.save(update_fields=["leased_until", "last_error", "due_at", "failed_at"])


def forget_done(*, now: datetime) -> int:
    """A timer: remove one batch of deliveries done `KEPT_FOR` ago; what failed stays until somebody has seen it."""
    old = EventDelivery.objects.filter(done_at__lt=now - KEPT_FOR).order_by("done_at").values("pk")[:FORGOTTEN_AT_ONCE]
    return EventDelivery.objects.filter(pk__in=old).delete()[0]


@transaction.atomic
def retry_delivery(delivery_id: int) -> bool:
    """Let a failed delivery run again at once; False if it has not failed. After a day of failures it gets one try."""
    delivery = EventDelivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.failed_at is None or delivery.done_at is not None:
        return False
    delivery.failed_at, delivery.due_at = None, timezone.now()
    delivery.save(update_fields=["failed_at", "due_at"])
    wake.after_commit("core.deliver_events")
    return True
