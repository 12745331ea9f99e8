"""Alerts that a ticket is not resolved in time and reminders of its promise tell one person the same. Whichever comes
first tells them; the other stands where it belongs, and nothing is delivered twice (domain.md sections 10, 13, 14).

Both ask under the lock of the ticket, so that neither takes the other for told while nothing has told anybody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from accounts.models import Agent
from notifications.enums import EventType, Urgency
from notifications.knowledge import tells_as_well
from notifications.models import Notification
from sla.alerts.enums import LAST_LEVEL, AlertCondition, AlertStatus
from sla.alerts.models import AlertRecipient

OF_PROMISES = (EventType.SLA_WARNING, EventType.SLA_BREACH)
"""What a reminder of a promise is told as."""


def urgency_of(level: int) -> Urgency:
    """Of telling somebody of an alert."""
    return Urgency.BREACH if level == LAST_LEVEL else Urgency.URGENT


@dataclass(frozen=True, slots=True)
class Reached:
    """An alert that is about to be told: of this level, which was reached at this moment."""

    level: int
    at: datetime


def reminded_of(reached: Mapping[UUID, Reached]) -> dict[tuple[UUID, UUID], datetime]:
    """Tickets whose promise an alert is about: (ticket, person) -> when a reminder told them of just that, no less
    urgently. One query, and two for each person who was.
    """
    if not reached:
        return {}
    since = min(each.at for each in reached.values())
    rows = Notification.objects.filter(ticket__in=list(reached), event_type__in=OF_PROMISES, created_at__gte=since)
    found: dict[tuple[UUID, UUID], datetime] = {}
    for row in rows.select_related("recipient").order_by("-created_at"):
        each = reached.get(row.ticket_id) if row.ticket_id else None
        if row.ticket_id is None or each is None or row.created_at < each.at:
            continue
        urgency = urgency_of(each.level)
        if Urgency(row.urgency).rank >= urgency.rank and tells_as_well(
            row.recipient, EventType(row.event_type), than=EventType.ALERT, urgency=urgency
        ):
            found[row.ticket_id, row.recipient_id] = row.created_at
    return found


def alerted_of(
    ticket_id: UUID, people: Collection[Agent], *, event: EventType, urgency: Urgency, since: datetime
) -> set[UUID]:
    """Those of them whom an alert that was raised after `since` has told of the promise of a ticket, or is about to
    tell, no less urgently than `event` would. One query, and two for each of them.
    """
    on_its_way = Q(told_at__isnull=False) | Q(tell_at__isnull=False, alert__status=AlertStatus.OPEN)
    rows = AlertRecipient.objects.filter(
        on_its_way,
        agent__in=people,
        alert__ticket=ticket_id,
        alert__condition=AlertCondition.NOT_COMPLETED,
        alert__triggered_at__gte=since,
    ).values_list("agent", "alert__level")
    told = {agent_id for agent_id, level in rows if urgency_of(level).rank >= urgency.rank}
    return {
        agent.pk
        for agent in people
        if agent.pk in told and tells_as_well(agent, EventType.ALERT, than=event, urgency=urgency)
    }
