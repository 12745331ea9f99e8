"""What has stood still for too long, or is due soon, becomes alerts. Costs what is due, not what is open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import steps
from core.actors import TIMER, Actor
from core.events import publish
from core.history import record_new
from core.many import update_all_soon
from core.service import service
from core.sweep import is_any, run_past_failures
from sla.alerts.enums import AlertCondition
from sla.alerts.events import AlertFired
from sla.alerts.models import Alert, AlertRecipient, AlertWatch
from sla.alerts.planning import levels_due, next_moment
from sla.alerts.promises import Reached, reminded_of
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


@dataclass(frozen=True, slots=True)
class Firing:
    """What a watch has come to."""

    watch: AlertWatch
    reached: Sequence[tuple[int, datetime]]
    """Levels with their moments, in order. People are told of the last one."""

    @property
    def highest(self) -> int:
        return self.reached[-1][0]


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
    fired = [Firing(watch, reached) for watch in watches if (reached := _look(watch, standings[watch.ticket_id], now))]
    _write(fired, standings, by=by, now=now)
    WRITTEN.reached()
    update_all_soon(watches, ["next_level", "due_at"])
    return len(watches)


def _look(watch: AlertWatch, standing: Standing, now: datetime) -> list[tuple[int, datetime]]:
    """Levels that fire now, with their moments; the watch is put off to when the next one may."""
    watch.due_at = None
    anchor = standing.anchor_of(watch)
    if anchor is None:
        return []
    thresholds = standing.thresholds(watch.condition)
    levels = levels_due(anchor, thresholds, now=now, since=watch.next_level)
    if levels:
        watch.next_level = levels[-1][0] + 1
    watch.due_at = next_moment(anchor, thresholds, since=watch.next_level)
    return levels


def _write(fired: Sequence[Firing], standings: Mapping[UUID, Standing], *, by: Actor, now: datetime) -> None:
    """Each level that was found due; people are told of the highest."""
    if not fired:
        return
    alerts = [
        Alert(
            ticket_id=firing.watch.ticket_id,
            condition=firing.watch.condition,
            level=level,
            cycle=firing.watch.cycle,
            triggered_at=now,
        )
        for firing in fired
        for level, _at in firing.reached
    ]
    new = record_new(alerts, by=by, unless_there=True)
    fresh = [alert for alert in alerts if alert.pk in new]
    highest = {(firing.watch.ticket_id, firing.watch.condition): firing.highest for firing in fired}
    told = {alert.pk for alert in fresh if alert.level == highest[alert.ticket_id, alert.condition]}
    for alert in fresh:
        _publish(alert, is_highest=alert.pk in told)
    AlertRecipient.objects.bulk_create(_recipients(fresh, told, _promises_in(fired), standings, now=now))
    if told:
        tell_of_many([_line(alert) for alert in fresh if alert.pk in told], kind=EntryKind.ALERT, by=by)


def _promises_in(fired: Sequence[Firing]) -> dict[UUID, Reached]:
    """By ticket; of what is not resolved in time a reminder may have told already."""
    return {
        firing.watch.ticket_id: Reached(*firing.reached[-1])
        for firing in fired
        if firing.watch.condition == AlertCondition.NOT_COMPLETED
    }


def _recipients(
    alerts: Sequence[Alert],
    told: Collection[UUID],
    promises: Mapping[UUID, Reached],
    standings: Mapping[UUID, Standing],
    *,
    now: datetime,
) -> list[AlertRecipient]:
    """Whom each is for; to be told is who was not told already."""
    around = people_around([standings[ticket_id].ticket for ticket_id in {row.ticket_id for row in alerts}], at=now)
    reminded = reminded_of(promises)
    rows = []
    for alert in alerts:
        rule = standings[alert.ticket_id].rule(alert.condition, alert.level)
        is_of_promise, is_told = alert.condition == AlertCondition.NOT_COMPLETED, alert.pk in told
        for agent in around[alert.ticket_id].people(rule.recipients):
            told_at = reminded.get((alert.ticket_id, agent.pk)) if is_told and is_of_promise else None
            tell_at = now if is_told and told_at is None else None
            rows.append(AlertRecipient(alert=alert, agent=agent, tell_at=tell_at, told_at=told_at))
    return rows


def _line(alert: Alert) -> Line:
    facts = {"event": "alert", "condition": str(alert.condition), "level": alert.level}
    return Line(alert.ticket_id, alert.triggered_at, facts)


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
