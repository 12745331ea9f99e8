"""Fields of a ticket that belong to higher apps, joined in where a ticket is shown (ruling 2).

A higher app stores its own fact and says in `ready()` how it is read and described::

    ticket_fields["has_open_envelopes"] = TicketField(read=open_envelope_flags, schema={"type": "boolean"})
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import Agent
from tickets.models import Ticket, TimelineEntry


@dataclass(frozen=True, kw_only=True)
class TicketField:
    """How one joined field is read, for all tickets of a page at once, so that a list costs one query a field."""

    read: Callable[[Sequence[Ticket]], Mapping[UUID, Any]]
    """Values as JSON knows them, by the ticket's id; a ticket that is not in it shows `default`."""
    schema: Mapping[str, Any]
    """The field in the API's description, as JSON schema."""
    default: Any = None
    in_lists: bool = True


ticket_fields: dict[str, TicketField] = {}
"""By the name that domain.md section 4 gives the field."""


redaction_ways: list[Callable[[TimelineEntry, Agent], bool]] = []
"""Called in the transaction of a redaction, the ticket locked, with the entry as it was and who redacts: an app above
blanks what repeats the entry's words, and says whether it has told of the redaction where the entry is read.
"""


creation_ways: list[Callable[[Ticket], None]] = []
"""Called with a new ticket just before it is written, in its transaction: an app above sets what the ticket shows of
it, and writes its own rows so that they go along (`core.writing.insert_soon`). It reads as little as possible. Not
called for one that a mail makes, where each row counts: `TicketCreated.is_prepared` tells, and a receiver after the
commit makes up for it.
"""


def joined_fields(tickets: Sequence[Ticket], *, is_list: bool) -> dict[UUID, dict[str, Any]]:
    """The joined fields of `tickets`, by their ids."""
    joined: dict[UUID, dict[str, Any]] = {ticket.pk: {} for ticket in tickets}
    if not tickets:
        return joined
    for name, field in ticket_fields.items():
        if is_list and not field.in_lists:
            continue
        values = field.read(tickets)
        for ticket in tickets:
            joined[ticket.pk][name] = values.get(ticket.pk, field.default)
    return joined
