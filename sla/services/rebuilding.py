"""All clocks from what was recorded, beside those that are kept."""

from collections.abc import Iterator
from uuid import UUID

from core.actors import DESK, Actor
from core.service import service
from core.writing import insert_all, update
from sla.models import ClockFact, SlaClock
from sla.services.ledger import FOLLOWING_FIELDS, key_of, ledger_of, ledgers_of, new_row, put, rows_of, shown
from tickets.services import lock_ticket

BATCH = 200


def differences(ticket_ids: list[UUID]) -> Iterator[str]:
    """What the kept clocks of these tickets show otherwise than the facts say; a sentence each."""
    ledgers, rows = ledgers_of(ticket_ids), rows_of(ticket_ids)
    for ticket_id in ticket_ids:
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
def rebuild(ticket_id: UUID, *, by: Actor = DESK) -> None:
    """Let the kept clocks of a ticket show what was recorded. A breach that was written down stays, by a wall."""
    lock_ticket(ticket_id)
    ledger = ledger_of(ticket_id)
    rows = rows_of([ticket_id]).get(ticket_id, {})
    for clock in ledger.state.every() if ledger else ():
        row = rows.get(key_of(clock))
        if row is None:
            insert_all([new_row(ticket_id, clock)])
        else:
            put(row, clock)
            update(row, FOLLOWING_FIELDS)
