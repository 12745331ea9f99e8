"""Who is told of alerts: one message each, also when many tickets stand still together (the storm guard).

A person is told of a condition at once, and of what comes within `WINDOW` after that in one message at its end; a
higher urgency passes. What was cleared meanwhile is nothing to tell any more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Max

from accounts.models import Agent
from core import steps
from core.actors import TIMER, Actor
from core.service import service
from core.sweep import run_each
from notifications.enums import EventType, Urgency
from notifications.services import notify
from sla.alerts.enums import LAST_LEVEL, AlertStatus
from sla.alerts.models import AlertRecipient

WINDOW = timedelta(minutes=5)
BATCH = 100
MOST_NAMED = 5
"""Tickets that one message names."""
TOLD = steps.declare("sla.alerts", "told")


def tell_of_alerts(*, now: datetime) -> int:
    """A timer: tell one batch of people what they have not been told yet."""
    waiting = AlertRecipient.objects.untold(now).order_by("agent").values_list("agent", flat=True).distinct()
    return run_each(list(waiting[:BATCH]), lambda agent_id: tell_person(agent_id, by=TIMER, now=now))


@service
def tell_person(agent_id: UUID, *, by: Actor, now: datetime) -> int:
    """All that is to be told them, a message for each condition; 0 if another worker does it at this moment."""
    if not Agent.objects.filter(pk=agent_id).select_for_update(of=("self",), no_key=True, skip_locked=True).exists():
        return 0
    rows = AlertRecipient.objects.untold(now).filter(agent=agent_id).select_related("alert__ticket")
    waiting = sorted(rows, key=_condition)
    for condition, group in groupby(waiting, key=_condition):
        _tell(agent_id, condition, list(group), now=now)
    return len(waiting)


def _condition(row: AlertRecipient) -> str:
    return str(row.alert.condition)


def _tell(agent_id: UUID, condition: str, rows: Sequence[AlertRecipient], *, now: datetime) -> None:
    keys = [row.pk for row in rows]
    standing = [row for row in rows if row.alert.status != AlertStatus.CLEARED]
    if not standing:
        AlertRecipient.objects.filter(pk__in=keys).update(tell_at=None)
        return
    level = max(row.alert.level for row in standing)
    if ends_at := _window_ends(agent_id, condition, is_breach=level == LAST_LEVEL, now=now):
        AlertRecipient.objects.filter(pk__in=keys).update(tell_at=ends_at)
        return
    first = max(standing, key=lambda row: (row.alert.level, -row.pk)).alert
    tickets = sorted({row.alert.ticket.reference for row in standing})
    notify(
        [agent_id],
        EventType.ALERT,
        ticket_id=first.ticket_id if len(tickets) == 1 else None,
        dedupe_key=f"alert:{first.pk}" if len(tickets) == 1 else f"alerts:{condition}:{now.isoformat()}",
        urgency=Urgency.BREACH if level == LAST_LEVEL else Urgency.URGENT,
        condition=condition,
        level=level,
        alert=str(first.pk),
        **_about(standing, tickets),
    )
    AlertRecipient.objects.filter(pk__in=keys).update(tell_at=None, told_at=now)
    TOLD.reached()


def _about(rows: Sequence[AlertRecipient], references: Sequence[str]) -> dict[str, Any]:
    """One ticket with its subject, or how many there are and the references of some."""
    if len(references) == 1:
        return {"reference": references[0], "subject": rows[0].alert.ticket.subject}
    named = ", ".join(references[:MOST_NAMED])
    return {"count": len(references), "references": named if len(references) <= MOST_NAMED else f"{named}, …"}


def _window_ends(agent_id: UUID, condition: str, *, is_breach: bool, now: datetime) -> datetime | None:
    """Of a message about the condition that was as urgent and went out less than `WINDOW` ago."""
    told = AlertRecipient.objects.filter(agent=agent_id, told_at__gt=now - WINDOW, alert__condition=condition)
    if is_breach:
        told = told.filter(alert__level=LAST_LEVEL)
    last: datetime | None = told.aggregate(last=Max("told_at"))["last"]
    return last + WINDOW if last else None
