"""What the panel tells of a ticket itself."""

from typing import Any

from django.utils.translation import gettext as _

from core.labels import label_of
from tickets.enums import Channel, TicketStatus, TicketType
from tickets.models import Ticket

S = TicketStatus
Part = dict[str, Any]  # what a template takes


def details_of(ticket: Ticket) -> list[Part]:
    category = ticket.category
    path = f"{category.parent.name} / {category.name}" if category and category.parent else str(category or "")
    parts: list[Part] = [
        {"term": _("Type"), "value": label_of(TicketType, ticket.type)},
        {"term": _("Channel"), "value": label_of(Channel, ticket.channel)},
        {"term": _("Category"), "value": path},
        {"term": _("Product"), "value": ticket.product},
        {"term": _("Region"), "value": ticket.region},
    ]
    if ticket.resolution_code and ticket.status in (S.RESOLVED, S.CLOSED):
        parts.append({"term": _("Resolution"), "value": ticket.get_resolution_code_display()})
    if ticket.closure_code:
        parts.append({"term": _("Ended as"), "value": ticket.get_closure_code_display()})
    return parts


def dates_of(ticket: Ticket) -> list[Part]:
    """What has happened when, in the order of the life of a ticket; what has not is left out."""
    moments = (
        (_("Opened"), ticket.created_at),
        (_("Accepted"), ticket.owner_accepted_at),
        (_("First answer"), ticket.first_response_at),
        (_("Customer wrote"), ticket.last_customer_message_at),
        (_("Last answer"), ticket.last_public_reply_at),
        (_("Waiting since"), ticket.waiting_since),
        (_("To be resolved by"), ticket.resolution_due_at),
        (_("Resolved"), ticket.resolved_at),
        (_("Closes by itself"), ticket.auto_closes_at),
        (_("Closed"), ticket.closed_at),
    )
    return [{"term": term, "moment": moment} for term, moment in moments if moment is not None]
