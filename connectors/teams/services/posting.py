"""From a due post to the channel: lease it, hand it over outside of any transaction, note how it went (ruling 29).

A card is posted once or fails for all to see: nothing tells afterwards whether it stands in the channel, so one of
which that is not known is not handed over again by itself.
"""

import logging
import time
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from connectors.base.failures import Ambiguous, Failure, HeldBack, RefusedForGood, Transient
from connectors.base.sentences import Said
from connectors.teams import activity, workflows
from connectors.teams.cards import message_of
from connectors.teams.enums import PostStatus
from connectors.teams.models import ChannelPost, Unreached, UsedCard
from connectors.teams.querysets import ChannelPostQuerySet
from connectors.teams.services.queueing import TASK
from connectors.teams.writing import card_of_post
from core.retry import GIVE_UP_AFTER, next_attempt_at

logger = logging.getLogger(__name__)

__all__ = ["TASK", "deliver_due_posts", "forget_old"]

LEASE = timedelta(seconds=60)
"""Longer than handing one over can take."""
AT_ONCE = 20
WORKING_SECONDS = 20.0
"""After that none is begun in this batch: workflows that hang must not hold up what comes after them."""
KEPT_FOR = timedelta(days=30)
FORGOTTEN_AT_ONCE = 5000
TO_NOTE = ("status", "next_attempt_at", "leased_until", "handing_since", "last_error", "sent_at", "failed_at")


def deliver_due_posts(*, now: datetime | None = None) -> int:
    """A timer: hand over one batch of what is due; how many that were. No two workers take the same one."""
    moment = now or timezone.now()
    due = list(ChannelPost.objects.due(moment).values_list("pk", flat=True)[:AT_ONCE])
    ends = time.monotonic() + WORKING_SECONDS
    return sum(_deliver(pk, now=moment) for pk in takewhile(lambda _each: time.monotonic() < ends, due))


def _deliver(post_id: UUID, *, now: datetime) -> bool:
    row = _lease(post_id, now=now)
    if row is None:
        return False
    if row.leased_until is None:
        return True
    try:
        _hand_over(row)
    except Failure as failure:
        _not_delivered(row, failure, now=now)
    except SoftTimeLimitExceeded:  # the worker's time is over; once the lease is too, another one looks after this
        raise
    except Exception as error:  # the outermost loop over posts: one must not stop the others
        logger.exception("card not posted", extra={"post": str(row.pk)})
        _not_delivered(row, Ambiguous(Said("bug", {"cause": type(error).__name__})), now=now)
    else:
        _delivered(row)
    return True


@transaction.atomic
def _lease(post_id: UUID, *, now: datetime) -> ChannelPost | None:
    """The row, ours for `LEASE`; without a lease if it ends here, None if it is another worker's."""
    rows = ChannelPost.objects.due(now).select_for_update(of=("self",), skip_locked=True, no_key=True)
    row = rows.select_related("connection", "ticket", "recipient").filter(pk=post_id).first()
    if row is None:
        return None
    if row.handing_since is not None:  # a worker died while it handed this over
        _fail(row, Said("teams_unclear"))
        return row
    if not row.connection.is_active:
        _fail(row, Said("teams_off"))
        return row
    row.attempts += 1
    row.handing_since = timezone.now()
    row.leased_until = row.handing_since + LEASE
    row.save(update_fields=["attempts", "handing_since", "leased_until"])
    return row


def _hand_over(row: ChannelPost) -> None:
    """To a channel in the language of the desk: nobody knows who reads along."""
    reader = row.recipient
    with translation.override((reader.language if reader else "") or settings.LANGUAGE_CODE):
        card = card_of_post(row)
        if reader is None or row.connection.kind == workflows.KIND:
            workflows.post(row.connection, message_of(card, recipient=reader.email if reader else ""))
        else:
            activity.send(
                row.connection,
                activity.Message(key=str(row.pk), email=reader.email, title=card.title, url=card.url),
            )
            Unreached.objects.filter(connection=row.connection, agent=reader).delete()


@transaction.atomic
def _delivered(leased: ChannelPost) -> None:
    """Also where another worker has given it up by now: it has arrived all the same."""
    row = ChannelPost.objects.select_for_update(of=("self",), no_key=True).get(pk=leased.pk)
    row.end(PostStatus.SENT)
    row.sent_at, row.failed_at, row.last_error = timezone.now(), None, {}
    row.save(update_fields=[*TO_NOTE])


@transaction.atomic
def _not_delivered(leased: ChannelPost, failure: Failure, *, now: datetime) -> None:
    """A card that is refused fails at once. What is in the way of all cards is waited for, a day at most: an admin may
    mend it meanwhile. What was not sent at all counts as no attempt.
    """
    row = _ours(leased).select_for_update(of=("self",), no_key=True).first()
    if row is None:
        return
    moment = max(now, timezone.now())
    if isinstance(failure, Ambiguous):
        _fail(row, Said("teams_unclear") if failure.said.code != "bug" else failure.said)
        return
    row.leased_until = row.handing_since = None
    row.last_error = failure.said.as_json()
    pause = timedelta(seconds=failure.pause or 0.0) if isinstance(failure, Transient) else timedelta()
    if isinstance(failure, HeldBack):
        row.attempts -= 1
        again_at = moment + max(pause, timedelta(seconds=1))
        again: datetime | None = again_at if again_at - row.wanted_since <= GIVE_UP_AFTER else None
    else:
        again = next_attempt_at(row.attempts, since=row.wanted_since, now=moment)
    if isinstance(failure, RefusedForGood) or again is None:
        _fail(row, failure.said)
        return
    row.next_attempt_at = max(again, moment + pause)
    row.save(update_fields=[*TO_NOTE, "attempts"])


def _ours(leased: ChannelPost) -> ChannelPostQuerySet:
    """Each lease counts one attempt more, so that the number says whose it is."""
    return ChannelPost.objects.filter(pk=leased.pk, attempts=leased.attempts, next_attempt_at__isnull=False)


def _fail(row: ChannelPost, said: Said) -> None:
    row.end(PostStatus.FAILED)
    row.failed_at, row.last_error = timezone.now(), said.as_json()
    row.save(update_fields=[*TO_NOTE])
    logger.warning("card not posted", extra={"post": str(row.pk), "said": said.code})


def forget_old(*, now: datetime) -> int:
    """A timer: remove one batch of posts that ended long ago, and of buttons that could not be pressed any more."""
    ended = ChannelPost.objects.filter(next_attempt_at__isnull=True, created_at__lt=now - KEPT_FOR)
    posts = ended.order_by("created_at").values("pk")[:FORGOTTEN_AT_ONCE]
    over = UsedCard.objects.filter(is_over_at__lt=now - KEPT_FOR).order_by("is_over_at").values("pk")
    forgotten, _by_model = ChannelPost.objects.filter(pk__in=posts).delete()
    return forgotten + UsedCard.objects.filter(pk__in=over[:FORGOTTEN_AT_ONCE]).delete()[0]
