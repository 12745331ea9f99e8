"""What has stood still for too long, or is due soon, becomes alerts. Costs what is due, not what is open."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core import steps
from core.actors import TIMER, Actor
from core.events import publish
from core.history import record_new
from core.many import update_all_soon
from core.service import service
from core.sweep import is_any, run_past_failures
from sla.alerts.events import AlertFired
from sla.alerts.models import Alert, AlertRecipient, AlertWatch
from sla.alerts.planning import levels_due, next_moment
from sla.alerts.selectors import Standing, people_around, standing_of
from sla.due import see_due, take, take_due
from tickets.enums import EntryKind
from tickets.services import Line, tell_of_many

BATCH = 100
DUE = """
    SELECT w.ticket_id FROM sla_alertwatch w JOIN tickets_ticket t ON t.id = w.ticket_id
    WHERE w.due_at <= %s AND w.ticket_id <> ALL(%s::uuid[])
    ORDER BY w.due_at LIMIT %s FOR NO KEY UPDATE OF t, w SKIP LOCKED
"""
WRITTEN = steps.declare("sla.alerts", "written")
RAISED = steps.declare("sla.alerts", "raised")


def raise_due_alerts(*, now: datetime) -> int:
    """A timer: one batch of what is to be looked at. Answers how many watches were."""
    if not is_any(AlertWatch.objects.due(now), by="due_at"):
        return 0
    looked_at = run_past_failures(
        lambda besides: raise_batch(besides, by=TIMER, now=now),
        lambda besides: see_due(DUE, now=now, besides=besides, limit=BATCH),
        lambda ticket_id: raise_alerts([ticket_id], by=TIMER, now=now),
    )
    if looked_at:
        RAISED.reached()
    return looked_at


@service
def raise_batch(besides: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """`raise_alerts` for a batch of tickets with due watches, but for those in `besides`."""
    return _raise_on(take_due(DUE, now=now, besides=besides, limit=BATCH), by=by, now=now)


@service
def raise_alerts(ticket_ids: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """Look at what is due on these tickets, and raise what has come; tickets that somebody works on at this moment are
    left to the next run. Answers how many watches were looked at.
    """
    return _raise_on(take(ticket_ids), by=by, now=now)


def _raise_on(ticket_ids: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """Of locked tickets."""
    if not ticket_ids:
        return 0
    of_tickets = AlertWatch.objects.of_tickets(ticket_ids).order_by("ticket", "condition")
    watches = [watch for watch in of_tickets if watch.due_at is not None and watch.due_at <= now]
    standings = standing_of({watch.ticket_id for watch in watches})
    fired: list[tuple[AlertWatch, list[int]]] = []
    for watch in watches:
        levels = _look(watch, standings[watch.ticket_id], now)
        if levels:
            fired.append((watch, levels))
    _write(fired, standings, by=by, now=now)
    WRITTEN.reached()
    update_all_soon(watches, ["next_level", "due_at"])
    return len(watches)


def _look(watch: AlertWatch, standing: Standing, now: datetime) -> list[int]:
    """Levels that fire now; the watch is put off to when the next one may."""
    watch.due_at = None
    anchor = standing.anchor_of(watch)
    if anchor is None:
        return []
    thresholds = standing.thresholds(watch.condition)
    levels = levels_due(anchor, thresholds, now=now, since=watch.next_level)
    if levels:
        watch.next_level = levels[-1] + 1
    watch.due_at = next_moment(anchor, thresholds, since=watch.next_level)
    return levels


def _write(
    fired: Sequence[tuple[AlertWatch, list[int]]], standings: dict[UUID, Standing], *, by: Actor, now: datetime
) -> None:
    """Each level that was found due; people are told of the highest."""
    if not fired:
        return
    around = people_around([standings[watch.ticket_id].ticket for watch, _levels in fired], at=now)
    alerts = [
        Alert(ticket_id=watch.ticket_id, condition=watch.condition, level=level, cycle=watch.cycle, triggered_at=now)
        for watch, levels in fired
        for level in levels
    ]
    new = record_new(alerts, by=by, unless_there=True)
    highest = {(watch.ticket_id, watch.condition): levels[-1] for watch, levels in fired}
    rows: list[AlertRecipient] = []
    lines: list[Line] = []
    for alert in (alert for alert in alerts if alert.pk in new):
        rule = standings[alert.ticket_id].rule(alert.condition, alert.level)
        is_highest = highest[alert.ticket_id, alert.condition] == alert.level
        people = around[alert.ticket_id].people(rule.recipients)
        tell_at = now if is_highest else None
        rows += [AlertRecipient(alert=alert, agent=agent, tell_at=tell_at) for agent in people]
        if is_highest:
            facts = {"event": "alert", "condition": str(alert.condition), "level": alert.level}
            lines.append(Line(alert.ticket_id, now, facts))
        _publish(alert, is_highest=is_highest)
    AlertRecipient.objects.bulk_create(rows)
    if lines:
        tell_of_many(lines, kind=EntryKind.ALERT, by=by)


def _publish(alert: Alert, *, is_highest: bool) -> None:
    publish(
        AlertFired(
            alert_id=alert.pk,
            ticket_id=alert.ticket_id,
            condition=str(alert.condition),
            level=alert.level,
            is_highest=is_highest,
            occurred_at=alert.triggered_at,
        )
    )
