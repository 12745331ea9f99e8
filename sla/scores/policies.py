"""Who may do what with scores (permissions.md section 2)."""

from accounts.models import Agent
from core.actors import Actor
from tickets.models import Ticket
from tickets.policies import acts_as_owner, is_in_charge


def may_override(actor: Actor, ticket: Ticket) -> bool:
    """Row "Override score": owner, or deputy; lead, supervisor and manager of the ticket's team. No programs."""
    return isinstance(actor, Agent) and (acts_as_owner(actor, ticket) or is_in_charge(actor, ticket))
