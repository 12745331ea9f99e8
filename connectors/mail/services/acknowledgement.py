"""The one automatic mail of this version: a new ticket is acknowledged, behind the loop guard (ruling 20)."""

from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from connectors.mail import selectors
from connectors.mail.services.brakes import may_answer
from tickets.enums import OutboundKind
from tickets.models import OutboundMessage, Ticket
from tickets.placeholders import customer_language
from tickets.services import queue_system_message


@transaction.atomic
def acknowledge(ticket_id: UUID) -> OutboundMessage | None:
    """Tell the requester that the ticket is here, once a ticket; None where a guard objects."""
    ticket = Ticket.objects.select_related("requester", "team").get(pk=ticket_id)
    mailbox = selectors.mailbox_for(ticket)
    if mailbox is None or not mailbox.sends_acknowledgement:
        return None
    if selectors.own_mailbox(ticket.requester.email, selectors.own_addresses()):
        return None
    if not _is_acknowledged(ticket) and not may_answer(ticket, mailbox):
        return None
    return queue_system_message(ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text=_text(ticket))


def _is_acknowledged(ticket: Ticket) -> bool:
    """An event delivered twice draws no brake."""
    return ticket.outbound_messages.filter(kind=OutboundKind.ACKNOWLEDGEMENT).exists()


def _text(ticket: Ticket) -> str:
    with translation.override(customer_language(ticket)):
        return _(
            "Hello %(customer)s,\n\nthank you for your message. Your request has the number %(reference)s:\n"
            "%(subject)s\n\nOne of us will take it on and stay with you until it is solved. If you want to add "
            "something, simply answer this mail.\n\nKind regards\n%(team)s"
        ) % {
            "customer": ticket.requester.name,
            "reference": ticket.reference,
            "subject": ticket.subject,
            "team": ticket.team.name,
        }
