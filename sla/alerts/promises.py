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
from notifications.knowledge import wishes_of_all
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
    urgently. One query, and two more where any was.
    """
    if not reached:
        return {}
    since = min(each.at for each in reached.values())
    rows = Notification.objects.filter(ticket__in=list(reached), event_type__in=OF_PROMISES, created_at__gte=since)
    told = list(rows.order_by("-created_at"))
    wishes = wishes_of_all({row.recipient_id for row in told}) if told else {}
    found: dict[tuple[UUID, UUID], datetime] = {}
    for row in told:
        each = reached.get(row.ticket_id) if row.ticket_id else None
        if row.ticket_id is None or each is None or row.created_at < each.at:
            continue
        event, urgency = EventType(row.event_type), urgency_of(each.level)
        is_as_urgent = Urgency(row.urgency).rank >= urgency.rank
        if is_as_urgent and wishes[row.recipient_id].tell_as_well(event, than=EventType.ALERT, urgency=urgency):
            found[row.ticket_id, row.recipient_id] = row.created_at
    return found


def alerted_of(
    ticket_id: UUID, people: Collection[Agent], *, event: EventType, urgency: Urgency, since: datetime
) -> set[UUID]:
    """Those of them whom an alert that was raised after `since` has told of the promise of a ticket, or is about to
    tell, no less urgently than `event` would. Three queries at most.
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
    wishes = wishes_of_all(told) if told else {}
    return {pk for pk in told if wishes[pk].tell_as_well(EventType.ALERT, than=event, urgency=urgency)}
