"""Who is told of alerts: one message each, also when many tickets stand still together (the storm guard).

A person is told of a condition at once, and of what comes within `WINDOW` after that in one message at its end; a
higher urgency passes. What was cleared or acknowledged meanwhile is nothing to tell any more.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Max

from accounts.models import Agent
from core import steps
from core.actors import TIMER, Actor
from core.events import publish
from core.service import service
from core.sweep import run_each
from notifications.enums import EventType
from notifications.services import notify
from sla.alerts.enums import LAST_LEVEL, AlertStatus
from sla.alerts.events import AlertLeftUntold
from sla.alerts.models import AlertRecipient
from sla.alerts.promises import urgency_of
from tickets.models import Ticket

WINDOW = timedelta(minutes=5)
BATCH = 100
MOST_NAMED = 5
"""Tickets that one message names."""
TOLD = steps.declare("sla.alerts", "told")


def tell_of_alerts(*, now: datetime) -> int:
    """A timer: tell people what they have not been told yet, in batches; each of them once, so that those whose telling
    fails keep nobody waiting. They are tried again after `WINDOW`.
    """
    waiting = AlertRecipient.objects.untold(now).order_by("agent").values_list("agent", flat=True).distinct()
    done, tried, told = 0, list[UUID](), set[UUID]()

    def tell(agent_id: UUID) -> int:
        count = tell_person(agent_id, by=TIMER, now=now)
        told.add(agent_id)
        return count

    while people := list(waiting.exclude(agent__in=tried)[:BATCH]):
        done += run_each(people, tell)
        tried += people
        if failed := [agent_id for agent_id in people if agent_id not in told]:
            AlertRecipient.objects.untold(now).filter(agent__in=failed).update(tell_at=now + WINDOW)
    return done


@service
def tell_person(agent_id: UUID, *, by: Actor, now: datetime) -> int:
    """All that is to be told them, a message for each condition; 0 if another worker does it at this moment."""
    agent = Agent.objects.filter(pk=agent_id).select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if agent is None:
        return 0
    rows = AlertRecipient.objects.untold(now).filter(agent=agent_id).select_related("alert__ticket")
    waiting = sorted(rows, key=_condition)
    tickets = {row.alert.ticket_id for row in waiting}
    in_sight = set(Ticket.objects.visible_to(agent).filter(pk__in=tickets).values_list("pk", flat=True))
    for condition, group in groupby(waiting, key=_condition):
        _tell(agent_id, condition, list(group), in_sight, now=now)
    return len(waiting)


def _condition(row: AlertRecipient) -> str:
    return str(row.alert.condition)


def _tell(
    agent_id: UUID, condition: str, rows: Sequence[AlertRecipient], in_sight: Collection[UUID], *, now: datetime
) -> None:
    waiting = [row for row in rows if row.alert.status == AlertStatus.OPEN]
    if settled := [row for row in rows if row.alert.status != AlertStatus.OPEN]:
        leave_untold(settled, at=now)
    keys = [row.pk for row in waiting]
    if not waiting:
        return
    level = max(row.alert.level for row in waiting)
    if ends_at := _window_ends(agent_id, condition, is_breach=level == LAST_LEVEL, now=now):
        AlertRecipient.objects.filter(pk__in=keys).update(tell_at=ends_at)
        return
    first = max(waiting, key=lambda row: (row.alert.level, -row.pk)).alert
    tickets = {row.alert.ticket_id: row.alert.ticket for row in waiting}
    is_one = len(tickets) == 1
    notify(
        [agent_id],
        EventType.ALERT,
        ticket_id=first.ticket_id if is_one and first.ticket_id in in_sight else None,
        dedupe_key=f"alert:{first.pk}" if is_one else f"alerts:{condition}:{now.isoformat()}",
        urgency=urgency_of(level),
        condition=condition,
        level=level,
        alert=str(first.pk),
        **_about(tickets.values(), in_sight),
    )
    AlertRecipient.objects.filter(pk__in=keys).update(tell_at=None, told_at=now)
    TOLD.reached()


def leave_untold(rows: Sequence[AlertRecipient], *, at: datetime) -> None:
    """They were to be told of what is settled by now. Rows must come with their alerts."""
    AlertRecipient.objects.filter(pk__in=[row.pk for row in rows]).update(tell_at=None)
    for row in rows:
        publish(
            AlertLeftUntold(
                alert_id=row.alert_id,
                ticket_id=row.alert.ticket_id,
                condition=str(row.alert.condition),
                agent_id=row.agent_id,
                occurred_at=at,
            )
        )


def _about(tickets: Collection[Ticket], in_sight: Collection[UUID]) -> dict[str, Any]:
    """One ticket with its subject, or how many there are and the references of some. What its reader may not see is
    counted, and named by nothing: admins, who are told where nobody else is there, read no tickets.
    """
    seen = sorted((ticket for ticket in tickets if ticket.pk in in_sight), key=lambda ticket: ticket.reference)
    if len(tickets) == len(seen) == 1:
        return {"reference": seen[0].reference, "subject": seen[0].subject}
    named = [ticket.reference for ticket in seen[:MOST_NAMED]]
    if named and len(named) < len(tickets):
        named.append("…")
    return {"count": len(tickets), "references": ", ".join(named)}


def _window_ends(agent_id: UUID, condition: str, *, is_breach: bool, now: datetime) -> datetime | None:
    """Of a message about the condition that was as urgent and went out less than `WINDOW` ago."""
    told = AlertRecipient.objects.filter(agent=agent_id, told_at__gt=now - WINDOW, alert__condition=condition)
    if is_breach:
        told = told.filter(alert__level=LAST_LEVEL)
    last: datetime | None = told.aggregate(last=Max("told_at"))["last"]
    return last + WINDOW if last else None
