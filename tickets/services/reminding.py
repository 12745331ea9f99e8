"""Asking a customer again for whose answer the ticket waits, in the owner's name (domain.md section 10)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.service import service
from tickets import guards
from tickets.enums import OutboundKind, TicketStatus
from tickets.models import Ticket
from tickets.placeholders import customer_language
from tickets.services._common import lock
from tickets.services.outgoing import freeze_message, put_on_timeline


class Asked(StrEnum):
    SENT = "sent"
    NOT_WAITING = "not_waiting"
    """It is not the customer's turn any more."""
    UNHEARD = "unheard"
    """They may have answered already: as with scheduled replies, a little later it is known."""
    WITHHELD = "withheld"
    """Mail does not reach them, or nobody stands behind the owner's name."""


@service
def ask_customer_again(ticket_id: UUID, *, due_at: datetime) -> Asked:
    """Send the customer one line that we wait for them, as the owner's; it is no answer and no work on the ticket.

    `due_at` is when it was to be sent: who cannot be heard silences us for `guards.LISTENING` after it at most.
    """
    ticket, now = lock(ticket_id), timezone.now()
    if ticket.status != TicketStatus.WAITING_CUSTOMER or ticket.owner is None:
        return Asked.NOT_WAITING
    if ticket.requester.undeliverable_at is not None or not ticket.owner.is_active:
        return Asked.WITHHELD
    message = freeze_message(
        ticket, kind=OutboundKind.REMINDER, author=ticket.owner, body_text=_words(ticket, ticket.owner), at=now
    )
    if now - due_at < guards.LISTENING and guards.may_be_unheard(message):
        return Asked.UNHEARD
    message.save(force_insert=True)
    put_on_timeline(message, ticket, at=now)
    return Asked.SENT


def _words(ticket: Ticket, owner: Agent) -> str:
    with translation.override(customer_language(ticket)):
        return _(
            "Hello %(customer)s,\n\nto go on with your request %(reference)s (%(subject)s) we need your answer to our "
            "last message. If the matter has settled itself, a short word is enough.\n\nKind regards\n%(owner)s"
        ) % {
            "customer": ticket.requester.name,
            "reference": ticket.reference,
            "subject": ticket.subject,
            "owner": owner.name,
        }
