"""Who sees and changes the alert matrix. Pure answers (permissions.md section 2)."""

from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor

READERS = (Role.ADMIN, Role.AUDITOR)
ACKNOWLEDGING = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)
FORESEEING = (Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_read_matrix(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.has_role(*READERS)


def may_edit_matrix(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.has_role(Role.ADMIN)
