"""Customers beside the requester who take part in a ticket's conversation."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import Contact
from core.actors import Actor
from core.history import record_new
from core.service import service
from tickets.enums import EntryKind
from tickets.models import Ticket, TicketParticipant
from tickets.services._common import add_entry, lock


@service
def add_participants(ticket_id: UUID, *, contacts: Sequence[Contact], by: Actor) -> list[Contact]:
    """Let `contacts` take part: their mails that name the ticket join it. They get nothing by themselves, since the
    owner chooses who gets a copy. The answer is who is new; a line on the timeline names them.

    For connectors: who they are follows from a mail of somebody who takes part already.
    """
    ticket = lock(ticket_id)
    ids = [contact.pk for contact in contacts]
    known = set(ticket.participants.filter(contact__in=ids).values_list("contact_id", flat=True))
    known.add(ticket.requester_id)
    new = [contact for contact in contacts if contact.pk not in known]
    return join(ticket, new, by=by, at=timezone.now())


def join(ticket: Ticket, contacts: Sequence[Contact], *, by: Actor, at: datetime) -> list[Contact]:
    """Write down who takes part in a locked or new ticket from now on; none of them may do so already."""
    new = list({contact.pk: contact for contact in contacts}.values())
    if new:
        record_new([TicketParticipant(ticket=ticket, contact=contact) for contact in new], by=by)
        facts = {"event": "participants", "names": [f"{contact.name} <{contact.email}>" for contact in new]}
        add_entry(ticket, EntryKind.SYSTEM, author=by, at=at, facts=facts)
    return new
