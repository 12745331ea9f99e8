"""Who is told which figures (permissions.md section 2, "Dashboards / scheduled reports"). Pure answers."""

from dataclasses import dataclass
from uuid import UUID

from accounts.enums import Role, Scope
from accounts.models import Agent, ApiClient
from accounts.selectors import reach_of
from core.actors import Actor


@dataclass(frozen=True)
class Sight:
    """Whose work somebody is told of: teams, and of agents their own."""

    teams: frozenset[UUID] | None = frozenset()
    """None: all."""
    person: Agent | None = None
    """Who may ask for their own figures."""
    reader: Actor | None = None

    @property
    def has_teams(self) -> bool:
        return self.teams is None or bool(self.teams)


def sight_of(actor: Actor) -> Sight:
    """Teams in the actor's charge, all for auditors, granted ones for programs; whoever works tickets their own."""
    if isinstance(actor, ApiClient):
        reach = reach_of(actor)
        return Sight(None if reach.sees_everything else reach.granted, reader=actor)
    if not isinstance(actor, Agent):
        return Sight()
    works = actor.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR)
    teams = None if actor.has_role(Role.AUDITOR) else reach_of(actor).in_charge
    return Sight(teams, actor if works else None, actor)


def may_read_figures(actor: Actor) -> bool:
    """Agents their own, leads and above those of their teams, auditors all; admins configure and read none."""
    if isinstance(actor, ApiClient):
        return actor.has_scope(Scope.METRICS_READ)
    roles = (Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR)
    return isinstance(actor, Agent) and actor.is_active and actor.has_role(*roles)
