"""What an app above has promised on a ticket, as the ticket shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.service import service
from tickets.enums import EntryKind
from tickets.models import Ticket, TimelineEntry
from tickets.services._common import add_entry, lock, lock_all, touched


@service
def promise_resolution(ticket_id: UUID, due_at: datetime | None, *, at: datetime) -> bool:
    """Show when the ticket is to be resolved; False if it shows that already.

    Its version stays: nobody's open form is stale because of it. Who moved it and why, the app above tells.
    """
    rows = Ticket.objects.filter(pk=ticket_id)
    rows = rows.exclude(resolution_due_at=due_at) if due_at else rows.filter(resolution_due_at__isnull=False)
    is_new = bool(rows.update(resolution_due_at=due_at))
    if is_new:
        touched(ticket_id, at=at)
    return is_new


@service
def tell_of_promise(
    ticket_id: UUID, *, by: Actor, at: datetime, facts: Mapping[str, Any], body_text: str = ""
) -> TimelineEntry:
    """A line inside on what was promised: missed, put off, or counted again. The app above says how its facts read."""
    ticket = lock(ticket_id)
    return add_entry(ticket, EntryKind.SLA_EVENT, author=by, at=at, facts=dict(facts), body_text=body_text)


@dataclass(frozen=True, slots=True)
class Line:
    """Of a ticket's timeline, inside."""

    ticket_id: UUID
    at: datetime
    facts: Mapping[str, Any]


@service
def tell_of_many(lines: Sequence[Line], *, kind: EntryKind, by: Actor) -> None:
    """As `tell_of_promise`, on many tickets at once: that promises were missed, or that people were told how long
    tickets stand still.
    """
    tickets = lock_all({line.ticket_id for line in lines})
    for line in lines:
        ticket, facts = tickets[line.ticket_id], dict(line.facts)
        add_entry(ticket, kind, author=by, at=line.at, facts=facts, is_act=False, waits=True)
