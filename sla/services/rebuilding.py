"""All clocks from what was recorded, beside those that are kept."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from core.actors import DESK, Actor
from core.events import publish
from core.service import service
from core.writing import insert_all, update
from sla.enums import ClockState
from sla.events import DueMoved
from sla.models import ClockFact, SlaClock
from sla.services.ledger import (
    FOLLOWING_FIELDS,
    key_of,
    ledger_of,
    ledgers_of,
    new_row,
    promised_by,
    put,
    rows_of,
    shown,
)
from sla.states import Clock
from tickets.models import Ticket
from tickets.services import lock_ticket, promise_resolution

BATCH = 200


def differences(ticket_ids: list[UUID]) -> Iterator[str]:
    """What these tickets' kept clocks and due dates show otherwise than the facts say; a sentence each."""
    ledgers, rows = ledgers_of(ticket_ids), rows_of(ticket_ids)
    dues = dict(Ticket.objects.filter(pk__in=ticket_ids).values_list("pk", "resolution_due_at"))
    for ticket_id in ticket_ids:
        due = promised_by(ledgers[ticket_id].state) if ticket_id in ledgers else None
        if ticket_id in ledgers and dues[ticket_id] != due:
            yield f"{ticket_id}: the ticket is due at {dues[ticket_id]}, recorded is {due}"
        kept = dict(rows.get(ticket_id, {}))
        for clock in ledgers[ticket_id].state.every() if ticket_id in ledgers else ():
            key = key_of(clock)
            row = kept.pop(key, None)
            if row is None:
                yield f"{ticket_id} {key}: there is no such clock"
                continue
            for name, value in shown(clock).items():
                if getattr(row, name) != value:
                    yield f"{ticket_id} {key}: {name} is {getattr(row, name)}, recorded is {value}"
            if row.started_at != clock.started_at:
                yield f"{ticket_id} {key}: started_at is {row.started_at}, recorded is {clock.started_at}"
        for key in kept:
            yield f"{ticket_id} {key}: nothing recorded leads to this clock"


def recorded_tickets() -> Iterator[list[UUID]]:
    """Ids of all tickets with facts or clocks, batch by batch."""
    cursor: UUID | None = None
    while True:
        found: set[UUID] = set()
        for rows in (ClockFact.objects.all(), SlaClock.objects.all()):
            some = rows.filter(ticket__gt=cursor) if cursor else rows
            found |= set(some.order_by("ticket").values_list("ticket", flat=True).distinct()[:BATCH])
        batch = sorted(found)[:BATCH]
        if not batch:
            return
        yield batch
        cursor = batch[-1]


@service
def rebuild(ticket_id: UUID, *, by: Actor = DESK) -> bool:
    """Let the kept clocks of a ticket, and its due date, show what was recorded. A breach that was written down stays,
    by a wall, and is told as a difference for good.
    """
    lock_ticket(ticket_id)
    ledger = ledger_of(ticket_id)
    if ledger is None:
        return False
    rows, at = rows_of([ticket_id]).get(ticket_id, {}), timezone.now()
    for clock in ledger.state.every():
        row = rows.get(key_of(clock))
        if row is None:
            insert_all([new_row(ticket_id, clock)])
        else:
            _put_right(row, clock, at)
    promise_resolution(ticket_id, promised_by(ledger.state), at=at)
    return True


def _put_right(row: SlaClock, clock: Clock, at: datetime) -> None:
    was, breach = _due_of(row), (row.breached_at, row.breached_by_retarget)
    put(row, clock)
    if breach[0] is not None:
        row.breached_at, row.breached_by_retarget = breach
    update(row, FOLLOWING_FIELDS)
    if was != _due_of(row):
        publish(
            DueMoved(
                clock_id=row.pk,
                ticket_id=row.ticket_id,
                envelope_id=row.envelope_id,
                metric=row.metric,
                old_due_at=was,
                due_at=_due_of(row),
                state=row.state,
                occurred_at=at,
            )
        )


def _due_of(row: SlaClock) -> datetime | None:
    """As it is told: of one that runs."""
    return row.due_at if row.state == ClockState.RUNNING else None
