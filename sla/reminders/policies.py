"""Who has reminders. Pure answers."""

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import reach_of
from core.actors import Actor
from sla.reminders.models import Reminder

ROLES = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)


def may_have_reminders(actor: Actor) -> bool:
    """Whoever works at the desk; auditors only read, programs keep their own time (permissions.md section 2)."""
    return isinstance(actor, Agent) and actor.has_role(*ROLES)


def may_handle(actor: Actor, reminder: Reminder) -> bool:
    """One's own; and the desk's reminders for an absent colleague whose tickets one covers."""
    if not isinstance(actor, Agent):
        return False
    is_covered = reminder.is_automatic and reminder.agent_id in reach_of(actor).covers
    return reminder.agent_id == actor.pk or is_covered
