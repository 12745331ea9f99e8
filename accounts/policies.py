"""Who may change people, absences and teams. Pure answers; `is_superuser` counts for nothing (ruling 8)."""

from uuid import UUID

from django.conf import settings

from accounts.enums import Role, Scope
from accounts.models import Agent, ApiClient, Team
from accounts.reach import reach_of
from core.actors import Actor, SystemActor


def may_record_absence(actor: Actor, agent: Agent, *, team_ids: frozenset[UUID]) -> bool:
    """`team_ids` are the teams of `agent`. Own: everybody but auditors; others': lead own team, supervisor and
    above.
    """
    if isinstance(actor, SystemActor):
        return True
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.HR_WRITE)
    if not isinstance(actor, Agent):
        return False
    if actor.has_role(Role.ADMIN):
        return True
    if actor.pk == agent.pk:
        return actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)
    return not reach_of(actor).in_charge.isdisjoint(team_ids)


def works_tickets(agent: Agent) -> bool:
    """Whether `agent` can act for an owner: managers, auditors and admins read or configure."""
    return agent.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR)


def may_confirm_open_end(actor: Actor, *, team_ids: frozenset[UUID]) -> bool:
    """Marking an unknown return as over 30 days opens the way to a transfer, so a supervisor or above does it."""
    return isinstance(actor, Agent) and not reach_of(actor).overseen.isdisjoint(team_ids)


def may_edit_team(actor: Actor, team: Team) -> bool:
    """Teams, skills, capacity: the lead the own one, supervisors and managers in scope, admins all."""
    return isinstance(actor, Agent) and (actor.has_role(Role.ADMIN) or team.pk in reach_of(actor).in_charge)


def may_change_capacity(actor: Actor, *, team_ids: frozenset[UUID]) -> bool:
    """How much members of `team_ids` take on, and their skills: those in charge of one of the teams."""
    return isinstance(actor, Agent) and not reach_of(actor).in_charge.isdisjoint(team_ids)


def may_manage_people(actor: Actor) -> bool:
    """Users, roles, integrations, calendars. The system itself only by commands that its operators start."""
    return isinstance(actor, SystemActor) or (isinstance(actor, Agent) and actor.has_role(Role.ADMIN))


def needs_second_factor(agent: Agent) -> bool:
    """Whether the desk wants more of this person than a password (setting SECOND_FACTOR_ROLES)."""
    return not set(settings.SECOND_FACTOR_ROLES).isdisjoint(agent.roles)


def may_see_people_settings(actor: Actor) -> bool:
    return isinstance(actor, Agent) and actor.has_role(Role.ADMIN, Role.AUDITOR)


def may_open_admin(actor: Actor) -> bool:
    """The operators' window; `is_staff` and Django's permissions count for nothing."""
    return isinstance(actor, Agent) and actor.has_role(Role.SUPERVISOR, Role.MANAGER, Role.ADMIN, Role.AUDITOR)


def may_see_people_page(actor: Actor) -> bool:
    """Who is here today: lead and above in their scope, auditors and admins everywhere."""
    roles = (Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR, Role.ADMIN)
    return isinstance(actor, Agent) and actor.has_role(*roles)


def may_look_up_customers(actor: Actor) -> bool:
    """Everybody who works or reads tickets; admins only configure."""
    roles = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)
    return isinstance(actor, Agent) and actor.has_role(*roles)


def may_edit_contacts(actor: Actor) -> bool:
    """By role; which contacts, `accounts.privacy` tells."""
    return isinstance(actor, Agent) and actor.has_role(Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER)


def may_edit_companies(actor: Actor) -> bool:
    roles = (Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)
    return isinstance(actor, Agent) and actor.has_role(*roles)


def may_edit_calendars(actor: Actor) -> bool:
    """The system itself only by its timers and by commands that its operators start."""
    return isinstance(actor, SystemActor) or (isinstance(actor, Agent) and actor.has_role(Role.ADMIN))


def may_see_calendars(actor: Actor) -> bool:
    """Managers propose changes, so they read; supervisors have no part in it."""
    return isinstance(actor, Agent) and actor.has_role(Role.ADMIN, Role.AUDITOR, Role.MANAGER)
