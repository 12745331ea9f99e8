"""Who may do what with promises (permissions.md section 2)."""

from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor
from tickets.models import Ticket
from tickets.policies import oversees


def may_pause(actor: Actor, ticket: Ticket) -> bool:
    """Row "Approved SLA pause": supervisor or manager of the ticket's team."""
    return oversees(actor, ticket)


def may_see_policies(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(Role.MANAGER, Role.AUDITOR, Role.ADMIN)


def may_edit_policies(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(Role.ADMIN)
