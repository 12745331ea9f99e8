"""What a button of a card does: the same service that the page calls, once, for whoever is signed in."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from connectors.teams.enums import CardAct
from connectors.teams.errors import CardExpired, CardOfAnother, CardUsed
from connectors.teams.links import LASTS, CardLink
from connectors.teams.models import UsedCard
from connectors.teams.selectors import is_in_sight
from core.errors import NotFound
from core.service import service
from envelopes.services import accept_envelope, decline_envelope
from sla.reminders.services.own import complete_reminder, snooze_reminder
from tickets.services import accept_ticket

ACTS: dict[CardAct, Callable[..., Any]] = {
    CardAct.ACCEPT_TICKET: accept_ticket,
    CardAct.ACCEPT_ENVELOPE: accept_envelope,
    CardAct.SNOOZE: snooze_reminder,
    CardAct.COMPLETE: complete_reminder,
}


@service
def use_card(subject_id: UUID, *, by: Agent, link: CardLink, reason: str = "") -> None:
    """Do what the button of `link` says, as `by` could on the page; what they could not is refused with the same words
    and leaves the button as it is.

    Raises NotFound, CardOfAnother, CardUsed, CardExpired, and whatever the act itself raises.
    """
    used = UsedCard.objects.filter(key=str(link.key), act=link.act).select_related("by").first()
    if not is_in_sight(link, by) and (used is None or used.by_id != by.pk):
        raise NotFound
    if link.person_id not in (None, by.pk):
        raise CardOfAnother
    now = timezone.now()
    facts = {"by": by, "at": now, "is_over_at": link.is_over_at}
    row, is_new = UsedCard.objects.get_or_create(key=str(link.key), act=link.act, defaults=facts)
    if not is_new:
        raise CardUsed(who=row.by.name)
    if link.is_over_at <= now:
        raise CardExpired(days=LASTS.days)
    if link.act == CardAct.DECLINE_ENVELOPE:
        decline_envelope(subject_id, by=by, reason=reason)
    else:
        ACTS[link.act](subject_id, by=by)
