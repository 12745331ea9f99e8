"""The one automatic mail of this version: a new ticket is acknowledged, behind the loop guard (ruling 20)."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from connectors.mail import selectors
from tickets.enums import OutboundKind
from tickets.models import OutboundMessage, Ticket
from tickets.services import queue_system_message
from tickets.services.outgoing import customer_language

MAX_A_DAY = 20
"""Acknowledgements to one person within 24 hours; a loop that no header gave away ends here (email.md section 5)."""


def acknowledge(ticket_id: UUID) -> OutboundMessage | None:
    """Tell the requester that the ticket is here, once a ticket; None where a guard objects."""
    ticket = Ticket.objects.select_related("requester", "team").get(pk=ticket_id)
    mailbox = selectors.mailbox_for(ticket)
    if mailbox is None or not mailbox.sends_acknowledgement:
        return None
    if selectors.own_mailbox(ticket.requester.email, selectors.own_addresses()) or _has_had_enough(ticket):
        return None
    return queue_system_message(ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text=_text(ticket))


def _has_had_enough(ticket: Ticket) -> bool:
    recent = OutboundMessage.objects.filter(
        ticket__requester=ticket.requester,
        kind=OutboundKind.ACKNOWLEDGEMENT,
        created_at__gte=timezone.now() - timedelta(days=1),
    )
    return recent.count() >= MAX_A_DAY


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
