"""What an app above has promised on a ticket, as the ticket shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.service import service
from tickets.enums import EntryKind
from tickets.models import Ticket, TimelineEntry
from tickets.services._common import add_entry, lock, touched


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


@service
def tell_of_alert(ticket_id: UUID, *, by: Actor, at: datetime, facts: Mapping[str, Any]) -> TimelineEntry:
    """A line inside that people were told how long the ticket stands still, or that it is due."""
    return add_entry(lock(ticket_id), EntryKind.ALERT, author=by, at=at, facts=dict(facts), is_act=False)
