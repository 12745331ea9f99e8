"""What happens to a ticket moves what its alerts are counted from. Each is one statement that goes along with those of
the act, and counts nothing: the sweep, which looks at a watch when it may be due, does (domain.md section 10).

Whoever calls holds the ticket's lock, but for a new one, which nobody else knows yet.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from core.actors import DESK, Actor
from core.events import publish
from core.history import stamp_of
from core.service import service
from core.writing import change_soon, write_soon
from sla.alerts.enums import OVER, STANDING, AlertCondition, AlertStatus
from sla.alerts.events import AlertsOutdated
from sla.alerts.models import Alert, AlertRecipient, AlertWatch
from sla.services import begin_promises
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.services import lock_ticket

C = AlertCondition
WATCH, ALERT, SENT = AlertWatch._meta.db_table, Alert._meta.db_table, AlertRecipient._meta.db_table

NEW = f"""
    INSERT INTO {WATCH} (ticket_id, condition, next_level, cycle, anchor_at, due_at) VALUES
        (%s, 'not_assigned', 1, %s, %s, %s), (%s, 'not_updated', 1, %s, %s, %s), (%s, 'not_completed', 1, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""  # noqa: S608  # names of ours
# What was not due by its old anchor is not due before that by a later one: only a watch that has fired is looked at.
NEXT_LOOK = "CASE WHEN next_level = 1 AND due_at IS NOT NULL THEN due_at ELSE %s END"
RESTART = f"""
    UPDATE {WATCH} SET anchor_at = %s, cycle = cycle + 1, next_level = 1, due_at = {NEXT_LOOK}
    WHERE ticket_id = %s AND condition = 'not_updated' AND anchor_at < %s
"""  # noqa: S608  # names of ours
ACCEPTED = f"""
    UPDATE {WATCH} SET
        anchor_at = CASE condition WHEN 'not_updated' THEN %s::timestamptz END,
        due_at = CASE condition WHEN 'not_updated' THEN %s::timestamptz END,
        cycle = cycle + CASE condition WHEN 'not_updated' THEN 1 ELSE 0 END,
        next_level = 1
    WHERE ticket_id = %s AND condition IN ('not_assigned', 'not_updated')
"""  # noqa: S608
BEGUN = f"""
    UPDATE {WATCH} SET anchor_at = %s, due_at = %s, cycle = cycle + 1, next_level = 1
    WHERE ticket_id = %s AND condition = %s
"""  # noqa: S608
DUE_LATER = f"""
    UPDATE {WATCH} SET
        anchor_at = CASE condition WHEN 'not_completed' THEN %s ELSE anchor_at END,
        cycle = cycle + CASE condition WHEN 'not_completed' THEN 1 ELSE 0 END,
        next_level = CASE condition WHEN 'not_completed' THEN 1 ELSE next_level END,
        due_at = %s
    WHERE ticket_id = %s AND (condition = 'not_completed' OR anchor_at IS NOT NULL)
"""  # noqa: S608
DUE_EARLIER = f"""
    UPDATE {WATCH} SET anchor_at = CASE condition WHEN 'not_completed' THEN %s ELSE anchor_at END, due_at = %s
    WHERE ticket_id = %s AND anchor_at IS NOT NULL
"""  # noqa: S608
ENDED = f"UPDATE {WATCH} SET anchor_at = NULL, due_at = NULL WHERE ticket_id = %s"  # noqa: S608
LOOKED_AT = f"UPDATE {WATCH} SET due_at = %s WHERE ticket_id = %s AND anchor_at IS NOT NULL"  # noqa: S608
STATES = ", ".join(f"'{status}'" for status in STANDING)
OF_CONDITIONS = f"ticket_id = %s AND condition = ANY(%s) AND status IN ({STATES})"
CLEARED = f"""
    UPDATE {ALERT} SET status = '{AlertStatus.CLEARED}', cleared_at = %s, updated_at = %s, version = version + 1
    WHERE {OF_CONDITIONS}
"""  # noqa: S608  # names of ours
PUT_AWAY = f"""
    UPDATE {SENT} SET is_open = false WHERE is_open AND alert_id IN (SELECT id FROM {ALERT} WHERE {OF_CONDITIONS})
"""  # noqa: S608  # names of ours


def begin_watching(ticket: Ticket) -> None:
    """Over a new ticket, which is about to be written: nobody has accepted it, and it may be due at a moment."""
    _watch(ticket.pk, ticket.created_at, ticket.created_at, None, ticket.resolution_due_at)


@service
def begin_watching_late(ticket_id: UUID, *, by: Actor = DESK) -> None:
    """Over a ticket that a mail has made, as it stands by now. Safe to repeat."""
    begin_promises(ticket_id, by=by)
    ticket = lock_ticket(ticket_id)
    is_new = ticket.status == TicketStatus.NEW and ticket.owner_id is None
    moments = (ticket.owner_accepted_at, ticket.last_staff_activity_at)
    worked_at = max((moment for moment in moments if moment is not None), default=None)
    is_over = ticket.status in OVER
    _watch(
        ticket_id,
        timezone.now(),
        ticket.created_at if is_new else None,
        worked_at if ticket.owner_id is not None and not is_over else None,
        ticket.resolution_due_at if not is_over else None,
    )


def _watch(ticket_id: UUID, at: datetime, *anchors: datetime | None) -> None:
    values: list[object] = []
    for anchor_at in anchors:
        values += [ticket_id, 1 if anchor_at else 0, anchor_at, at if anchor_at else None]
    write_soon(WATCH, NEW, values)


def begin_staleness(ticket_id: UUID, *, at: datetime) -> None:
    """Somebody has accepted it, and is to work on it from now on (acceptance 100)."""
    write_soon(WATCH, ACCEPTED, [at, at, ticket_id])
    clear(ticket_id, [C.NOT_ASSIGNED], at=at)


def restart_staleness(ticket_id: UUID, *, at: datetime) -> None:
    """A person did something on it (acceptance 099)."""
    write_soon(WATCH, RESTART, [at, at, ticket_id, at])
    clear(ticket_id, [C.NOT_UPDATED], at=at)


def end_watching(ticket_id: UUID, *, at: datetime) -> None:
    """Nobody waits for anything any more."""
    write_soon(WATCH, ENDED, [ticket_id])
    clear(ticket_id, list(C), at=at)


def begin_again(ticket_id: UUID, *, is_owned: bool, at: datetime) -> None:
    """It was over and is open again. That it is due at a new moment, its clock says."""
    write_soon(WATCH, BEGUN, [at, at, ticket_id, str(C.NOT_UPDATED if is_owned else C.NOT_ASSIGNED)])


def look_again(ticket_id: UUID, *, at: datetime) -> None:
    """It counts otherwise from now on, or again: another priority, the end of a silence."""
    write_soon(WATCH, LOOKED_AT, [at, ticket_id])


def follow_due(ticket_id: UUID, *, due_at: datetime, at: datetime) -> None:
    """Its promised resolution is due at another moment, or its clock runs again. A later moment begins a new cycle."""
    watch = AlertWatch.objects.filter(ticket=ticket_id, condition=C.NOT_COMPLETED).first()
    if watch is None:
        return
    is_new = watch.anchor_at is None or watch.anchor_at < due_at
    write_soon(WATCH, DUE_LATER if is_new else DUE_EARLIER, [due_at, at, ticket_id])
    if is_new:
        clear(ticket_id, [C.NOT_COMPLETED], at=at)


def clear(ticket_id: UUID, conditions: Collection[AlertCondition], *, at: datetime) -> None:
    """What gave rise to the alerts of these conditions is no more."""
    names = [str(condition) for condition in conditions]
    publish(AlertsOutdated(ticket_id=ticket_id, conditions=tuple(names), occurred_at=at))
    write_soon(SENT, PUT_AWAY, [ticket_id, names])
    change_soon(Alert, CLEARED, [at, at, ticket_id, names], stamp=stamp_of(DESK, is_new=False))
