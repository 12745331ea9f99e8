"""Browsers in which people have allowed messages."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from connectors.push.endpoints import is_known, is_public_key, is_secret
from connectors.push.errors import NotYourBrowsers, TooManyBrowsers
from connectors.push.models import PushSubscription
from core.actors import Actor
from core.errors import Invalid, NotFound, StaleVersion, Text
from core.service import service

MOST = 5
"""Browsers of one person: all are told within one hand-over."""


@service
def subscribe(endpoint: str, *, by: Actor, p256dh: str, auth: str, device: str = "") -> PushSubscription:
    """Messages for `by` go to this browser from now on; those of whoever had it before do so no more.

    Raises NotYourBrowsers for programs, Invalid, or TooManyBrowsers.
    """
    if not isinstance(by, Agent) or not by.is_active:
        raise NotYourBrowsers
    if wrong := _what_is_wrong(endpoint, p256dh, auth):
        raise Invalid(wrong)
    Agent.objects.for_update().get(pk=by.pk)
    row = PushSubscription.objects.select_for_update(of=("self",)).filter(endpoint=endpoint).first()
    if row is None:
        if PushSubscription.objects.filter(agent=by).count() >= MOST:
            raise TooManyBrowsers(limit=MOST)
        row = PushSubscription(endpoint=endpoint)
    row.agent, row.p256dh, row.auth, row.last_error = by, p256dh, auth, ""
    row.device = " ".join(device.split())[:120] or row.device
    row.save()
    return row


def _what_is_wrong(endpoint: str, p256dh: str, auth: str) -> dict[str, Text | list[Text]]:
    wrong: dict[str, Text | list[Text]] = {}
    if len(endpoint) > 1000 or not is_known(endpoint):
        wrong["endpoint"] = _("This is the address of no push service that the desk knows.")
    if not is_public_key(p256dh):
        wrong["p256dh"] = _("This is no key of a browser.")
    if not is_secret(auth):
        wrong["auth"] = _("This is no secret of a browser.")
    return wrong


@service
def unsubscribe(subscription_id: UUID, *, by: Actor, version: int | None = None) -> None:
    """No more messages there. Raises NotFound for those of others, or StaleVersion."""
    rows = PushSubscription.objects.select_for_update(of=("self",))
    row = rows.filter(pk=subscription_id, agent=by if isinstance(by, Agent) else None).first()
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    row.delete()


def note_success(subscription_id: UUID, *, at: datetime) -> None:
    PushSubscription.objects.filter(pk=subscription_id).update(last_success_at=at, last_error="")


def note_failure(subscription_id: UUID, error: str) -> None:
    PushSubscription.objects.filter(pk=subscription_id).update(last_error=error[:500])


def forget_gone(subscription_id: UUID) -> None:
    """The push service says that nobody is there any more."""
    PushSubscription.objects.filter(pk=subscription_id).delete()
