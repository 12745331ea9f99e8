"""Reminders whose time has come."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from core.actors import TIMER
from core.events import publish
from core.many import record_all_soon
from core.service import service
from core.sweep import run_past_failures
from sla.reminders.enums import ReminderStatus
from sla.reminders.events import ReminderTriggered
from sla.reminders.models import Reminder
from sla.reminders.services.automatic import BATCH, arrange_all, arrange_reminders, tickets_with_owners

# A ticket is locked before what hangs on it. Nobody waits: what others have locked is left to the next run, and what
# another worker has done meanwhile is not due any more.
AUTOMATIC = """
    SELECT r.id, r.ticket_id FROM sla_reminder r JOIN tickets_ticket t ON t.id = r.ticket_id
    WHERE r.status = '{status}' AND r.{moment} <= %s AND r.cycle <> '' AND r.id <> ALL(%s::uuid[])
    ORDER BY r.{moment} LIMIT %s FOR NO KEY UPDATE OF t, r SKIP LOCKED
"""
OWN = """
    SELECT id, NULL FROM sla_reminder WHERE status = '{status}' AND {moment} <= %s AND cycle = ''
    AND id <> ALL(%s::uuid[]) ORDER BY {moment} LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
DUE = tuple(
    text.format(status=status, moment=moment)
    for text in (AUTOMATIC, OWN)
    for status, moment in (("pending", "trigger_at"), ("snoozed", "snooze_until"))
)
Row = tuple[UUID, UUID | None]
"""A reminder; of the desk's its ticket, which may give no reason for it by now."""


def trigger_due_reminders(*, now: datetime) -> int:
    """A timer: bring up what is due, in batches; several workers never bring up one twice."""
    if not _is_any_due(now):
        return 0
    return run_past_failures(
        lambda besides: trigger_batch(besides, now=now),
        lambda besides: _seen(besides, now),
        lambda row: trigger_reminder(row[0], ticket_id=row[1], at=now),
    )


def _is_any_due(now: datetime) -> bool:
    """In the order of the indexes, as `core.sweep.is_any` asks."""
    pending = Reminder.objects.filter(status=ReminderStatus.PENDING, trigger_at__lte=now).order_by("trigger_at")
    snoozed = Reminder.objects.filter(status=ReminderStatus.SNOOZED, snooze_until__lte=now).order_by("snooze_until")
    first, other = pending.values_list("trigger_at")[:1], snoozed.values_list("snooze_until")[:1]
    return bool(first.union(other, all=True))


@service
def trigger_batch(besides: Sequence[Row], *, now: datetime) -> int:
    """Bring up what is due, but for `besides`. Answers how much was done."""
    rows = _due(besides, now)
    arranged = arrange_all(tickets_with_owners({ticket_id for _pk, ticket_id in rows if ticket_id}), now=now)
    return arranged + _bring_up([pk for pk, _ticket_id in rows], at=now)


def _due(besides: Sequence[Row], now: datetime) -> list[Row]:
    """A batch of them, locked, the desk's with their tickets."""
    rows: list[Row] = []
    left_out = [pk for pk, _ticket_id in besides]
    with connection.cursor() as cursor:
        for text in DUE:
            if len(rows) < BATCH:
                cursor.execute(text, [now, left_out, BATCH - len(rows)])
                rows += cursor.fetchall()
    return rows


@transaction.atomic
def _seen(besides: Sequence[Row], now: datetime) -> list[Row]:
    return _due(besides, now)


@service
def trigger_reminder(reminder_id: UUID, *, ticket_id: UUID | None, at: datetime) -> bool:
    """Bring it up with its person; False if another worker has it, or it is not due any more. Of the desk's reminders
    `ticket_id` names the ticket, which may give no reason for them by now.
    """
    is_arranged = ticket_id is not None and bool(arrange_reminders(ticket_id, now=at))
    return bool(_bring_up([reminder_id], at=at)) or is_arranged


def _bring_up(reminder_ids: Collection[UUID], *, at: datetime) -> int:
    """Those that are still due; answers how many that were."""
    rows = Reminder.objects.due(at).select_for_update(of=("self",), no_key=True, skip_locked=True)
    due = list(rows.filter(pk__in=list(reminder_ids)))
    again = {reminder.pk for reminder in due if reminder.status == ReminderStatus.SNOOZED}
    for reminder in due:
        reminder.trigger(at=at)
    record_all_soon(due, by=TIMER, names=["status", "triggered_at", "snooze_until"])
    for reminder in due:
        publish(ReminderTriggered(reminder_id=reminder.pk, is_again=reminder.pk in again, occurred_at=at))
    return len(due)
