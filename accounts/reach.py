"""Who reaches what: the teams behind a person's roles, and whom they cover for today. Offered to others by
`selectors`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Absence, Agent, ApiClient, Team
from core.actors import Actor


@dataclass(frozen=True)
class Reach:
    """Ids of teams and people behind the roles of one person or program, computed once a request."""

    member: frozenset[UUID] = frozenset()
    led: frozenset[UUID] = frozenset()
    supervised: frozenset[UUID] = frozenset()
    managed: frozenset[UUID] = frozenset()
    granted: frozenset[UUID] = frozenset()
    """Teams named on an API client."""
    foreign: frozenset[UUID] = frozenset()
    """Teams whose unowned tickets every agent may see and accept."""
    covers: frozenset[UUID] = field(default=frozenset())
    """Agents absent today whose deputy this person is."""
    sees_everything: bool = False

    @property
    def in_charge(self) -> frozenset[UUID]:
        """Teams as whose lead, supervisor or manager the person acts."""
        return self.led | self.supervised | self.managed

    @property
    def overseen(self) -> frozenset[UUID]:
        """Teams in the scope of the supervisor's or manager's role."""
        return self.supervised | self.managed

    @property
    def teams(self) -> frozenset[UUID]:
        """All teams whose tickets are in sight."""
        return self.member | self.in_charge | self.granted


def reach_of(actor: Actor) -> Reach:
    """Reach of `actor` now, kept on the object, which lives no longer than a request or task."""
    if isinstance(actor, Agent | ApiClient):
        cached: Reach | None = getattr(actor, "_reach", None)
        if cached is None:
            cached = _reach_of_agent(actor, at=timezone.now()) if isinstance(actor, Agent) else _of_client(actor)
            vars(actor)["_reach"] = cached
        return cached
    return Reach()


def _reach_of_agent(agent: Agent, *, at: datetime) -> Reach:
    if not agent.is_active:
        return Reach()
    teams = list(
        Team.objects.values("id", "lead_id", "supervisor_id", "manager_id", "parent_id", "allow_foreign_accept")
    )
    member = frozenset(agent.teams.through.objects.filter(agent_id=agent.pk).values_list("team_id", flat=True))

    def where(role: Role, person: Literal["lead_id", "supervisor_id", "manager_id"]) -> frozenset[UUID]:
        return frozenset(t["id"] for t in teams if agent.has_role(role) and t[person] == agent.pk)

    works_tickets = agent.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR)
    reads_as_member = works_tickets or agent.has_role(Role.MANAGER)
    return Reach(
        member=member if reads_as_member else frozenset(),
        led=where(Role.TEAM_LEAD, "lead_id"),
        supervised=where(Role.SUPERVISOR, "supervisor_id"),
        managed=_with_children(where(Role.MANAGER, "manager_id"), {t["id"]: t["parent_id"] for t in teams}),
        foreign=frozenset(t["id"] for t in teams if works_tickets and t["allow_foreign_accept"]),
        covers=frozenset(absence.agent_id for absence in covered_by(agent, at=at)),
        sees_everything=agent.has_role(Role.AUDITOR),
    )


def _of_client(client: ApiClient) -> Reach:
    if not client.is_active:
        return Reach()
    return Reach(
        granted=frozenset(
            client.teams.through.objects.filter(apiclient_id=client.pk).values_list("team_id", flat=True)
        ),
        sees_everything=client.has_scope(Scope.TICKETS_READ_ALL),
    )


def _with_children(roots: frozenset[UUID], parent_of: dict[UUID, UUID | None]) -> frozenset[UUID]:
    reached = set(roots)
    while new := {team for team, parent in parent_of.items() if parent in reached and team not in reached}:
        reached |= new
    return frozenset(reached)


def covered_by(deputy: Agent, *, at: datetime) -> list[Absence]:
    """Absences running at `at` (each in its agent's own zone) that name `deputy`."""
    return [absence for absence in absences_around(Absence.objects.filter(deputy=deputy), at) if runs(absence, at)]


def absences_around(absences: QuerySet[Absence], at: datetime) -> QuerySet[Absence]:
    """Absences that run at `at` in some zone of the world; which ones do in their own, `runs` tells."""
    day = at.date()
    return (
        absences.filter(cancelled_at__isnull=True, starts_on__lte=day + timedelta(days=1))
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day - timedelta(days=1)))
        .select_related("agent")
    )


def runs(absence: Absence, at: datetime) -> bool:
    day = absence.agent.today(at)
    return absence.starts_on <= day and (absence.ends_on is None or day <= absence.ends_on)
