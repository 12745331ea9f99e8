"""Who proposes, reads and decides: permissions.md section 2, row "SLA policies, calendars, alert matrix"."""

from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor
from sla.policies import may_edit_policies, may_see_policies


def may_see_proposals(actor: Actor) -> bool:
    """Managers, auditors, admins: those who read what they are about."""
    return may_see_policies(actor)


def may_propose(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(Role.MANAGER)


def may_decide(actor: Actor) -> bool:
    """Whoever may change these things; about their own proposals nobody (object rule 8)."""
    return isinstance(actor, Agent) and may_edit_policies(actor)
