"""Telling people something, and what they have read."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from core.service import service
from notifications.enums import EventType, Urgency
from notifications.models import Notification


def notify(
    recipient_ids: Iterable[UUID | None],
    event_type: EventType,
    *,
    dedupe_key: str,
    ticket_id: UUID | None = None,
    urgency: Urgency = Urgency.NORMAL,
    besides: UUID | None = None,
    **payload: Any,
) -> int:
    """Tell each active recipient once per `dedupe_key`, never the actor (`besides`); returns how many rows were tried.

    Called by receivers inside their transaction. The unique key makes a second delivery of the same event harmless.
    """
    told = {pk for pk in recipient_ids if pk is not None and pk != besides}
    wanted = Agent.objects.active().filter(pk__in=told).values_list("pk", flat=True)
    rows = [
        Notification(
            recipient_id=recipient_id,
            event_type=event_type,
            urgency=urgency,
            ticket_id=ticket_id,
            payload=payload,
            dedupe_key=dedupe_key,
        )
        for recipient_id in wanted
    ]
    return len(Notification.objects.bulk_create(rows, ignore_conflicts=True))


@service
def mark_read(agent: Agent, ids: Iterable[UUID] | None = None) -> int:
    """Mark own notifications as read: those of `ids`, or all."""
    unread = Notification.objects.unread().filter(recipient=agent)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=timezone.now())


@service
def mark_ticket_read(agent: Agent, ticket_id: UUID) -> int:
    """Whoever opens a ticket has seen what was told about it."""
    unread = Notification.objects.unread().filter(recipient=agent, ticket_id=ticket_id)
    return unread.update(read_at=timezone.now())
