"""What Microsoft Graph tells us: that mail has come, or that its own telling has ended. It only has a mailbox read
sooner; nothing that stands in a notification is believed.
"""

import hmac
import logging
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from connectors.mail.models import Mailbox
from connectors.mail.services.graph_subscribing import TASK, hash_of
from connectors.mail.subscriptions import GraphSubscription
from core import wake
from core.actors import Actor
from core.service import service

logger = logging.getLogger(__name__)

POLL = "connectors.mail.poll_mailboxes"
MOST = 1000
"""Notifications of one request that are looked at; reading finds what others tell."""
NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
"""What Graph calls a subscription."""
ENDED, TO_RENEW = "subscriptionRemoved", "reauthorizationRequired"


@service
def take_notifications(told: Iterable[Any], *, by: Actor, now: datetime) -> int:
    """Have the mailboxes read that are told of; the answer is how many notifications were Graph's own.

    Four statements at most, however many there are. Those that name no subscription of ours, or do not know its client
    state, are counted and nothing else.
    """
    objects = [each for each in told if isinstance(each, dict)][:MOST]
    named = [(str(each.get("subscriptionId")), each) for each in objects]
    ids = {name for name, _each in named if NAME.fullmatch(name)}
    rows = {row.provider_id: row for row in GraphSubscription.objects.filter(provider_id__in=ids)} if ids else {}
    true: list[GraphSubscription] = []
    forged, ended, to_renew = set[UUID](), set[UUID](), set[UUID]()
    for name, each in named:
        row = rows.get(name)
        if row is None:
            continue
        if not hmac.compare_digest(hash_of(str(each.get("clientState") or "")), row.secret_hash):
            forged.add(row.pk)
            continue
        true.append(row)
        if each.get("lifecycleEvent") == ENDED:
            ended.add(row.pk)
        elif each.get("lifecycleEvent") == TO_RENEW:
            to_renew.add(row.pk)
    if forged or len(named) > len(true):
        logger.warning("notifications ignored", extra={"count": len(named) - len(true), "forged": len(forged)})
    _note(true, forged, now=now)
    if ended:
        GraphSubscription.objects.filter(pk__in=ended).update(provider_id="", expires_at=None, due_at=now)
    if to_renew:
        GraphSubscription.objects.filter(pk__in=to_renew - ended, due_at__gt=now).update(due_at=now)
    if ended or to_renew:
        wake.after_commit(TASK)
    return len(true)


def _note(true: list[GraphSubscription], forged: set[UUID], *, now: datetime) -> None:
    if forged:
        GraphSubscription.objects.filter(pk__in=forged).update(forged=F("forged") + 1)
    if true:
        GraphSubscription.objects.filter(pk__in={row.pk for row in true}).update(notified_at=now)
        Mailbox.objects.read_soon({row.mailbox_id for row in true}, now=now)
        wake.after_commit(POLL)
