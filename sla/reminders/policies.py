"""Who has reminders. Pure answers."""

from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor

ROLES = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_have_reminders(actor: Actor) -> bool:
    """Whoever works at the desk; auditors only read, programs keep their own time (permissions.md section 2)."""
    return isinstance(actor, Agent) and actor.has_role(*ROLES)
