"""Who may do what with promises (permissions.md section 2)."""

from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor, SystemActor
from tickets.models import Ticket
from tickets.policies import oversees


def may_pause(actor: Actor, ticket: Ticket) -> bool:
    """Row "Approved SLA pause": supervisor or manager of the ticket's team."""
    return oversees(actor, ticket)


def may_see_policies(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(Role.MANAGER, Role.AUDITOR, Role.ADMIN)


def may_edit_policies(actor: Actor) -> bool:
    """Admins; the desk itself only to see what a change would do (`sla.proposals`)."""
    if isinstance(actor, SystemActor):
        return True
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(Role.ADMIN)


def may_choose_for_ticket(actor: Actor) -> bool:
    """No row of permissions.md gives it to a person or program, so the desk's own rules do it alone."""
    return isinstance(actor, SystemActor)
