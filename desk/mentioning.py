"""Who was named in a note and does not hear of the ticket: offered as a watcher, never added silently."""

from collections.abc import Sequence
from typing import Any

from accounts.models import Agent
from desk.composing import id_in
from tickets.enums import EntryKind
from tickets.models import Ticket, TimelineEntry

OFFER = "mentioned"
"""In the address, after a note that names somebody: the entry it became."""


def unaware_of(ticket: Ticket, entry: TimelineEntry) -> list[Agent]:
    """Colleagues named in the note who neither own nor watch the ticket. No query for a note that names nobody."""
    named: Sequence[Any] = entry.facts.get("mentioned", ())
    if not named:
        return []
    people = Agent.objects.active().filter(pk__in=named).exclude(watches__ticket=ticket).order_by("name")
    return [person for person in people if person.pk != ticket.owner_id]


def offered_watchers(ticket: Ticket, given: str, *, to: Agent) -> list[Agent]:
    """Those to offer after `to` has written the note that the address names."""
    entry_id = id_in(given)
    if entry_id is None:
        return []
    note = ticket.entries.filter(pk=entry_id, kind=EntryKind.NOTE, author=to).only("facts").first()
    return unaware_of(ticket, note) if note is not None else []
