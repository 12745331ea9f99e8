"""Telling people something, and what they have read."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.models import Agent
from core import wake
from core.errors import StaleVersion
from core.events import publish
from core.service import service
from notifications.channels import Channel, Notice, announce
from notifications.enums import EventType, Urgency
from notifications.events import PeopleTold
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet
from tickets.enums import Priority
from tickets.models import Ticket

ANNOUNCED = {EventType.SLA_BREACH: Channel.SLA_BREACHES}
"""What is told to a whole group as well (domain.md section 14)."""


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
    How it reaches them beside the app is decided afterwards, by a worker (`services.gathering`).
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
    tried = len(Notification.objects.bulk_create(rows, ignore_conflicts=True))
    if event_type in ANNOUNCED and ticket_id is not None:
        _announce(event_type, ticket_id, key=dedupe_key)
    if rows:
        wake.after_commit("notifications.deliver_due")
        publish(PeopleTold(agent_ids=tuple(row.recipient_id for row in rows), occurred_at=timezone.now()))
    return tried


def _announce(event_type: EventType, ticket_id: UUID, *, key: str) -> None:
    """To those who watch over such things together; of a critical ticket to a channel of its own besides."""
    ticket = Ticket.objects.get(pk=ticket_id)
    notice = Notice(
        key=key,
        event_type=event_type,
        ticket_id=ticket.pk,
        reference=ticket.reference,
        priority=ticket.priority,
        status=ticket.status,
    )
    announce(ANNOUNCED[event_type], notice)
    if ticket.priority == Priority.CRITICAL:
        announce(Channel.CRITICAL, notice)


@service
def mark_read(agent: Agent, ids: Iterable[UUID] | None = None) -> int:
    """Mark own notifications as read: those of `ids`, or all."""
    unread = Notification.objects.unread().filter(recipient=agent)
    return _mark_and_tell(agent, unread if ids is None else unread.filter(pk__in=list(ids)))


@service
def read_of_bulk_act(act_id: UUID, *, by: Agent) -> int:
    """Mark as read what was told about an act on many tickets: its receipt is in front of the person."""
    unread = Notification.objects.unread().filter(recipient=by, event_type=EventType.BULK_ENDED)
    return _mark_and_tell(by, unread.filter(payload__act_id=str(act_id)))


def _mark_and_tell(agent: Agent, unread: NotificationQuerySet) -> int:
    if marked := _mark(unread):
        publish(PeopleTold(agent_ids=(agent.pk,), occurred_at=timezone.now()))
    return marked


@service
def read_notification(notification_id: UUID, *, by: Agent, version: int | None = None) -> Notification:
    """Mark one of one's own as read; it stays read since when it first was. Raises StaleVersion."""
    row = Notification.objects.select_for_update(of=("self",)).get(pk=notification_id, recipient=by)
    if version is not None and version != row.version:
        raise StaleVersion(given=version, current=row.version)
    if row.read_at is None:
        row.read_at = timezone.now()
        row.save(update_fields=["read_at"])
        publish(PeopleTold(agent_ids=(by.pk,), occurred_at=row.read_at))
    return row


def _mark(unread: NotificationQuerySet) -> int:
    """Read from now on; whoever saw them unread has seen an older version."""
    now = timezone.now()
    return unread.update(read_at=now, updated_at=now, version=F("version") + 1)
