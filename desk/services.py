"""Acts of a page that need several services in one transaction."""

from uuid import UUID

from accounts.models import Agent, Contact, Team
from accounts.services import contact_for
from connectors.mail.services import block_sender
from core.service import service
from tickets.enums import Channel, ClosureCode, EntryKind, Priority, TicketType
from tickets.models import Category, Ticket
from tickets.services import cancel_ticket, create_ticket, record_customer_message, reopen_by_customer
from tickets.services.creation import Message


@service
def create_ticket_by_phone(
    email: str,
    *,
    by: Agent,
    name: str,
    team: Team,
    subject: str,
    description: str,
    type: TicketType,
    priority: Priority,
    category: Category | None,
) -> Ticket:
    """A ticket for a caller, who becomes a contact if unknown; a refusal leaves neither behind."""
    requester = contact_for(email, name=name, by=by)
    return create_ticket(
        by=by,
        requester=requester,
        team=team,
        subject=subject,
        message=Message(body_text=description),
        priority=priority,
        type=type,
        category=category,
        channel=Channel.PHONE,
    )


@service
def end_as_spam(ticket_id: UUID, *, by: Agent, version: int | None = None) -> Ticket:
    """Cancel a ticket as spam, and send further mail of its requester to quarantine."""
    ticket = cancel_ticket(ticket_id, by=by, code=ClosureCode.SPAM, version=version)
    block_sender(ticket.requester.email, by=by, reason=ticket.reference)
    return ticket


@service
def object_to_resolution(ticket_id: UUID, *, by: Contact, round: int, text: str) -> Ticket:
    """The customer's link "not solved": reopens, and keeps what they wrote as their message.

    Raises InvalidTransition for the link of an older resolution.
    """
    ticket = reopen_by_customer(ticket_id, by=by, round=round)
    if words := text.strip():
        record_customer_message(ticket_id, by=by, message=Message(body_text=words), kind=EntryKind.CHAT)
    return ticket
