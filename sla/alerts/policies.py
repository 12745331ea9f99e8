"""Who acknowledges alerts and looks at those of others. Who sees and changes the matrix, `sla.policies` says."""

from accounts.enums import Role
from accounts.models import Agent
from accounts.reach import reach_of
from core.actors import Actor
from tickets.models import Ticket
from tickets.policies import acts_as_owner, is_in_charge

ACKNOWLEDGING = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_acknowledge(actor: Actor) -> bool:
    """What they were told of themselves."""
    return isinstance(actor, Agent) and actor.has_role(*ACKNOWLEDGING)


def may_see_forecast(actor: Actor, ticket: Ticket) -> bool:
    """How people are told is theirs to know, and of those who answer for the ticket: owner, lead, supervisor, manager;
    auditors read it.
    """
    is_auditor = isinstance(actor, Agent) and actor.has_role(Role.AUDITOR)
    return is_auditor or acts_as_owner(actor, ticket) or is_in_charge(actor, ticket)


def may_see_alerts_of_teams(agent: Agent) -> bool:
    """Lead, supervisor and manager those of their teams, an auditor all."""
    reach = reach_of(agent)
    return reach.sees_everything or bool(reach.in_charge)
