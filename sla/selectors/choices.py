"""Which policies were named for tickets and companies."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from accounts.models import Company
from sla.enums import ChosenFor
from sla.models import CompanyPolicy, TicketPolicy
from tickets.models import Ticket

NAMED_SCHEMA = {
    "type": "object",
    "nullable": True,
    "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
    "required": ["id", "name"],
    "description": "the policy that was named for it, before any is looked for; `clocks/` tells which ones hold",
}


def policies_of_tickets(tickets: Sequence[Ticket]) -> dict[UUID, Any]:
    """`Ticket.sla_policy`. One query."""
    rows = TicketPolicy.objects.filter(ticket__in=[ticket.pk for ticket in tickets], policy__isnull=False)
    return _named(rows.values_list("ticket", "policy", "policy__name"))


def policies_of_companies(companies: Sequence[Company]) -> dict[UUID, Any]:
    """`Company.sla_policy`. One query."""
    rows = CompanyPolicy.objects.filter(company__in=[company.pk for company in companies], policy__isnull=False)
    return _named(rows.values_list("company", "policy", "policy__name"))


def _named(rows: Any) -> dict[UUID, Any]:
    return {pk: {"id": str(policy_id), "name": name} for pk, policy_id, name in rows}


def chosen_for(ticket_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], ChosenFor]:
    """By ticket and policy, for whom that one was named. One query."""
    rows = Ticket.objects.filter(pk__in=list(ticket_ids)).order_by()
    found: dict[tuple[UUID, UUID], ChosenFor] = {}
    for pk, own, of_company in rows.values_list("pk", "policy_choice__policy", "company__policy_choice__policy"):
        for policy_id, whom in ((of_company, ChosenFor.COMPANY), (own, ChosenFor.TICKET)):
            if policy_id is not None:
                found[pk, policy_id] = whom
    return found
