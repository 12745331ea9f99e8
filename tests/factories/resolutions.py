"""Resolutions for tests, written down by the service as everywhere."""

from decimal import Decimal
from typing import Any

from accounts.models import Agent
from tickets.models import Resolution, Ticket
from tickets.services import create_resolution

VALUES: dict[str, Any] = {
    "what_went_wrong_category": "service_failure",
    "what_went_wrong": "The technician came a day late.",
    "why_eligible_category": "goodwill",
    "why_eligible": "A customer of ten years.",
    "resolution_type": "credit",
}


def a_resolution(ticket: Ticket, amount: str | None = None, *, by: Agent | None = None, **more: Any) -> Resolution:
    """Written down by the owner as goodwill: a credit of `amount` euros, without one a workaround, unless said
    otherwise.
    """
    owner = by or Agent.objects.get(pk=ticket.owner_id)
    given: dict[str, Any] = {"amount": Decimal(amount) if amount else None}
    if amount is None:
        given["resolution_type"] = "workaround"
    return create_resolution(ticket.pk, by=owner, **VALUES | given | more)
