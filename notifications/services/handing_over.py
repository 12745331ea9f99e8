"""From a due delivery to the outside: settle its content, lease it, hand it over, note how it went (ruling 29).

Each arrives once or fails for all to see: what a worker left behind in the middle of handing it over is handed over
again only by ways where the second takes the place of the first.
"""

import logging
import time
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Agent
from core import steps, wake
from core.retry import SOON, next_attempt_at
from core.service import service
from notifications.defaults import rung_below
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, Timing
from notifications.errors import DeliveryNotFailed, MayNotSeeFailures
from notifications.knowledge import news_due, news_of, person_of, wishes_of
from notifications.letters import letter_of
from notifications.models import Delivery, Notification
from notifications.policies import may_retry
from notifications.querysets import DeliveryQuerySet
from notifications.services.gathering import highest, lock_person, place, plan_due, plans, put_into, reach_of
from notifications.ways import NotDelivered, way_of

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
"""Longer than handing one letter over can take; after that another worker looks after it."""
WORKING_SECONDS = 30.0
"""After which none is begun any more: other timers wait, and a worker's time must not end amid handing over."""
TRIES_SOON = len(SOON) + 1
LONGEST_SOON = max(SOON)
"""After so many failures the message goes on by the next channel, if there is one."""
KEPT_FOR = timedelta(days=30)
"""For how long deliveries tell what became of them."""
FORGOTTEN_AT_ONCE = 5000
NOT_SET_UP = "The channel is not set up any more."
TO_NOTE = ("status", "because", "next_attempt_at", "leased_until", "handing_since", "last_error")

RELEASED = steps.declare("notifications.delivering", "released")
HANDING_OVER = steps.declare("notifications.delivering", "handing_over")
HANDED_OVER = steps.declare("notifications.delivering", "handed_over")
MARKED = steps.declare("notifications.delivering", "marked")


class _TakenByAnother(Exception):
    """Our lease ran out before it was handed over, and another worker has it: what becomes of it is theirs."""


def deliver_due(*, now: datetime | None = None, limit: int = 50) -> int:
    """Plan what is new and hand over what is due; the answer is how many of both. No two workers take the same one."""
    moment, began_at = now or timezone.now(), time.monotonic()
    planned = plan_due(now=moment)
    due = list(Delivery.objects.due(moment).values_list("pk", "recipient")[:limit])
    in_time = takewhile(lambda _each: time.monotonic() - began_at < WORKING_SECONDS, due)
    return planned + sum(_deliver(pk, person_id, now=moment) for pk, person_id in in_time)


def _deliver(delivery_id: UUID, person_id: UUID, *, now: datetime) -> bool:
    row = _lease(delivery_id, person_id, now=now)
    if row is None:
        return False
    if row.leased_until is None:
        return True
    RELEASED.reached()
    try:
        _hand_over(row)
    except NotDelivered as error:
        _not_delivered(row, error, now=now)
    except _TakenByAnother:
        return True
    except SoftTimeLimitExceeded:  # the worker's time is over; once the lease is too, another one looks after this
        raise
    except Exception as error:  # the outermost loop over deliveries: one that trips us up must not stop the others
        logger.exception("notification not delivered", extra={"delivery": str(delivery_id)})
        is_unclear = row.handing_since is not None  # it was on its way
        _not_delivered(row, NotDelivered(f"{type(error).__name__}: {error}"[:2000], is_unclear=is_unclear), now=now)
    else:
        HANDED_OVER.reached()
        _delivered(row)
        MARKED.reached()
    return True


def _hand_over(row: Delivery) -> None:
    way = way_of(row.channel)
    if way is None:
        raise NotDelivered(NOT_SET_UP, is_final=True)
    letter = letter_of(row)
    if not way.is_repeatable:
        now = timezone.now()
        if not _ours(row).update(handing_since=now, leased_until=now + LEASE):
            raise _TakenByAnother
        row.handing_since = now
    HANDING_OVER.reached()
    way.deliver(letter)


@transaction.atomic
def _lease(delivery_id: UUID, person_id: UUID, *, now: datetime) -> Delivery | None:
    """The delivery with its content settled, ours for `LEASE`; without a lease if nothing of it is to go now, and None
    if it is another worker's.
    """
    lock_person(person_id)
    rows = Delivery.objects.due(now).select_for_update(of=("self",), skip_locked=True)
    row = rows.select_related("recipient").filter(pk=delivery_id).first()
    if row is None:
        return None
    if row.handing_since is not None:
        _fail(row, at=timezone.now(), because=Because.UNCLEAR)
        return row
    if not row.recipient.is_active:
        row.end(DeliveryStatus.SUPPRESSED, because=Because.INACTIVE)
        row.save(update_fields=[*TO_NOTE])
        return row
    if row.released_at is None and not _settle(row, now=now):
        return row
    row.attempts += 1
    row.leased_until = timezone.now() + LEASE
    settled = ["status", "because", "timing", "urgency", "released_at"]
    row.save(update_fields=[*settled, "attempts", "leased_until"])
    return row


def _settle(row: Delivery, *, now: datetime) -> bool:
    """Take in all that is due by this channel, plan it once more by what has happened since, and let go what may go.

    What has to wait longer waits in other deliveries; False if nothing is left for this one.
    """
    agent, channel = row.recipient, DeliveryChannel(row.channel)
    news = news_due(agent, channel, now=now)
    planned = plans(news, person_of(agent, now=now, news=news), channel=channel, now=now)
    may_go = [each.news for each in planned if each.plan.status == DeliveryStatus.QUEUED]
    if may_go:  # first, as a delivery that is empty for a moment would be gone
        put_into(row, may_go)
    place(agent, channel, [each for each in planned if each.plan.status != DeliveryStatus.QUEUED], now=now)
    if not may_go:
        Delivery.objects.filter(pk=row.pk, items__isnull=True).delete()
        return False
    row.urgency = highest(may_go)
    row.timing = min((each.timing for each in may_go), key=list(Timing).index)
    row.release(at=now)
    return True


@transaction.atomic
def _delivered(leased: Delivery) -> None:
    """Also where another worker has it by now, or has given it up: it has arrived all the same."""
    not_ended = Q(next_attempt_at__isnull=False) | Q(because=Because.UNCLEAR)
    row = Delivery.objects.select_for_update(of=("self",)).filter(not_ended, pk=leased.pk).first()
    if row is not None:
        row.end(DeliveryStatus.SENT)
        row.sent_at, row.failed_at, row.last_error = timezone.now(), None, ""
        row.save(update_fields=[*TO_NOTE, "sent_at", "failed_at"])


@transaction.atomic
def _not_delivered(leased: Delivery, error: NotDelivered, *, now: datetime) -> None:
    """By the next channel after three failures in a row, or at once where trying again cannot help or is to wait; where
    there is none, later, and after 24 hours it fails for all to see. What may have arrived is neither.
    """
    lock_person(leased.recipient_id)
    row = _ours(leased).select_for_update(of=("self",)).first()
    if row is None:
        return
    row.last_error = str(error)[:2000]
    moment = max(now, timezone.now())
    if error.is_unclear and row.handing_since is not None:
        _fail(row, at=moment, because=Because.UNCLEAR)
        return
    pause = error.retry_after or timedelta()
    if error.is_final or row.attempts >= TRIES_SOON or pause > LONGEST_SOON:
        below = rung_below(DeliveryChannel(row.channel), reach_of(leased.recipient))
        if below is not None:
            _go_on(row, leased.recipient, below, now=now)
            _fail(row, at=moment, because=Because.NEXT_CHANNEL)
            return
    again_at = next_attempt_at(row.attempts, since=row.released_at or row.created_at, now=moment)
    if error.is_final or again_at is None:
        _fail(row, at=moment)
        return
    row.next_attempt_at = max(again_at, moment + pause)
    row.leased_until = row.handing_since = None
    row.save(update_fields=[*TO_NOTE])


def _fail(row: Delivery, *, at: datetime, because: str = "") -> None:
    row.end(DeliveryStatus.FAILED, because=because)
    row.failed_at = at
    row.save(update_fields=[*TO_NOTE, "failed_at"])
    logger.warning("notification not delivered", extra={"delivery": str(row.pk), "channel": row.channel})


def _go_on(row: Delivery, agent: Agent, channel: DeliveryChannel, *, now: datetime) -> None:
    """The same by another channel, as far as it does not go there anyway, by the rules of that channel."""
    there = Notification.objects.filter(items__channel=channel).values("pk")
    wishes = wishes_of(agent)
    left = Notification.objects.filter(items__delivery=row).exclude(pk__in=there).order_by("created_at", "id")
    news = [news_of(each, wishes, timing=Timing.IMMEDIATE) for each in left]
    person = person_of(agent, now=now, news=news)
    place(agent, channel, plans(news, person, channel=channel, now=now), now=now)
    wake.after_commit("notifications.deliver_due")


def _ours(leased: Delivery) -> DeliveryQuerySet:
    """Each lease counts one attempt more, so that the number says whose it is."""
    return Delivery.objects.filter(pk=leased.pk, attempts=leased.attempts, next_attempt_at__isnull=False)


@service
def retry_delivery(delivery_id: UUID, *, by: Agent) -> Delivery:
    """Try one that has failed once more, at once. Raises MayNotSeeFailures, or DeliveryNotFailed, also for what went on
    by another channel.
    """
    row = Delivery.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=delivery_id)
    if not may_retry(by, row.recipient):
        raise MayNotSeeFailures
    if row.failed_at is None or row.because == Because.NEXT_CHANNEL:
        raise DeliveryNotFailed
    now = timezone.now()
    row.status, row.because, row.failed_at, row.next_attempt_at = DeliveryStatus.QUEUED, "", None, now
    row.save(update_fields=[*TO_NOTE, "failed_at"])
    wake.after_commit("notifications.deliver_due")
    logger.info("failed notification tried again", extra={"delivery": str(row.pk), "by": str(by.pk)})
    return row


def forget_old(*, now: datetime) -> int:
    """A timer: remove one batch of deliveries that ended `KEPT_FOR` ago."""
    ended = Delivery.objects.filter(next_attempt_at__isnull=True, updated_at__lt=now - KEPT_FOR)
    old = ended.order_by("updated_at").values("pk")[:FORGOTTEN_AT_ONCE]
    return Delivery.objects.filter(pk__in=old).delete()[0]
