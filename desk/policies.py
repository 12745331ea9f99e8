"""Who may see what only the pages show; everything else stands in `tickets.policies`."""

from accounts.enums import Role
from accounts.models import Agent
from tickets.models import Ticket
from tickets.policies import acts_as_owner, is_in_charge


def may_see_history(agent: Agent, ticket: Ticket) -> bool:
    """Row "Audit log" of permissions.md section 2: own objects, those in one's charge; auditors and admins all."""
    return acts_as_owner(agent, ticket) or is_in_charge(agent, ticket) or agent.has_role(Role.AUDITOR, Role.ADMIN)
