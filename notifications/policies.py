"""Who says how somebody is told, and who sees where that failed (permissions.md section 2: own preferences)."""

from accounts.enums import Role
from accounts.models import Agent
from accounts.reach import reach_of
from core.actors import Actor


def may_choose_for(actor: Actor, agent: Agent) -> bool:
    return isinstance(actor, Agent) and actor.is_active and actor.pk == agent.pk


def may_work_on_tickets(actor: Actor) -> bool:
    """Say "I am working on this"; of a ticket in sight. Auditors read, admins configure."""
    return isinstance(actor, Agent) and actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_see_failures(actor: Actor) -> bool:
    """Deliveries to others that failed: those in charge above the lead, in their teams; auditors and admins, all."""
    return isinstance(actor, Agent) and actor.has_role(Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.ADMIN)


def may_see_all_failures(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.has_role(Role.AUDITOR, Role.ADMIN)


def may_retry(actor: Actor, recipient: Agent) -> bool:
    """Oneself, those in charge of one's teams above the lead, and admins."""
    if not isinstance(actor, Agent):
        return False
    if actor.pk == recipient.pk or actor.has_role(Role.ADMIN):
        return True
    if not actor.has_role(Role.SUPERVISOR, Role.MANAGER):
        return False
    return not reach_of(actor).overseen.isdisjoint(recipient.teams.values_list("pk", flat=True))
