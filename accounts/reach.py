"""Who reaches what: the teams behind a person's roles, and whom they cover for today. Offered to others by
`selectors`.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Absence, Agent, ApiClient
from core.actors import Actor

DAY = timedelta(days=1)


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
        if "_reach" not in vars(actor):
            if isinstance(actor, Agent):
                read_reaches([actor], at=timezone.now())
            else:
                vars(actor)["_reach"] = _of_client(actor)
        reach: Reach = vars(actor)["_reach"]
        return reach
    return Reach()


class Outline(NamedTuple):
    """What of an agent's reach decides how a query on it reads; everything else in it are ids."""

    is_active: bool
    sees_everything: bool
    in_charge: int
    others: int
    """Teams in sight of which the person is not in charge."""
    foreign: int
    covers: int


def outline_of(agent: Agent) -> tuple[Outline, list[UUID]]:
    """The outline of the agent's reach, and the ids that fill it."""
    reach = reach_of(agent)
    others = reach.teams - reach.in_charge
    parts = (reach.in_charge, others, reach.foreign - reach.teams, reach.covers - {agent.pk})
    outline = Outline(agent.is_active, reach.sees_everything, *map(len, parts))
    return outline, [agent.pk, *chain(*parts)]


def stand_in(outline: Outline) -> tuple[Agent, list[UUID]]:
    """An agent of made-up ids with such a reach, to build a query with, and these ids in the order of `outline_of`."""
    agent = Agent(is_active=outline.is_active)
    in_charge, others, foreign, covers = ([uuid4() for _each in range(count)] for count in outline[2:])
    vars(agent)["_reach"] = Reach(
        member=frozenset(others),
        led=frozenset(in_charge),
        foreign=frozenset(foreign),
        covers=frozenset(covers),
        sees_everything=outline.sees_everything,
    )
    return agent, [agent.pk, *in_charge, *others, *foreign, *covers]


def unneeded(outline: Outline, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Which of these ids a query on such a reach may go without: for auditors all, for the deactivated who they are and
    whom they cover.
    """
    if outline.sees_everything:
        return ids
    return () if outline.is_active else [ids[0], *ids[len(ids) - outline.covers :]]


def read_reaches(agents: Collection[Agent], *, at: datetime) -> None:
    """Read what `reach_of` then answers for each of `agents`, in one statement for all of them."""
    teams: list[_TeamRow] = []
    member, covers = defaultdict[UUID, set[UUID]](set), defaultdict[UUID, set[UUID]](set)
    ids: Any = [agent.pk for agent in agents]  # django-stubs knows no lists as parameters
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [ids, ids, at.date() + DAY, at.date() - DAY])
        for kind, one, other, *rest, starts_on, ends_on, zone in cursor:
            if kind == "team":
                teams.append(_TeamRow(one, other, *rest))
            elif kind == "member":
                member[one].add(other)
            elif _covers(starts_on, ends_on, timezone.localdate(at, ZoneInfo(zone))):
                covers[one].add(other)
    for agent in agents:
        own = {"member": frozenset(member[agent.pk]), "covers": frozenset(covers[agent.pk])}
        vars(agent)["_reach"] = _reach(agent, teams, **own) if agent.is_active else Reach()


class _TeamRow(NamedTuple):
    id: UUID
    lead_id: UUID | None
    supervisor_id: UUID | None
    manager_id: UUID | None
    parent_id: UUID | None
    allow_foreign_accept: bool


# Ten columns: kind, an id, another (of a team: itself, its lead), supervisor, manager, parent, allow_foreign_accept,
# and of an absence: its first day, its last day, the time zone of who is absent
_ROWS = """
    SELECT 'team', id, lead_id, supervisor_id, manager_id, parent_id, allow_foreign_accept,
           NULL::date, NULL::date, NULL::text
      FROM accounts_team
    UNION ALL
    SELECT 'member', agent_id, team_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
      FROM accounts_agent_teams WHERE agent_id = ANY(%s)
    UNION ALL
    SELECT 'covers', deputy_id, agent_id, NULL, NULL, NULL, NULL, starts_on, ends_on, timezone
      FROM accounts_absence JOIN accounts_agent ON accounts_agent.id = agent_id
     WHERE deputy_id = ANY(%s) AND cancelled_at IS NULL AND starts_on <= %s AND (ends_on IS NULL OR ends_on >= %s)
"""
"""Every request of every agent asks this, so it is one statement and none that has to be built first."""


def _reach(agent: Agent, teams: Sequence[_TeamRow], *, member: frozenset[UUID], covers: frozenset[UUID]) -> Reach:
    def where(role: Role, person: Literal["lead_id", "supervisor_id", "manager_id"]) -> frozenset[UUID]:
        return frozenset(team.id for team in teams if agent.has_role(role) and getattr(team, person) == agent.pk)

    works_tickets = agent.has_role(Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR)
    reads_as_member = works_tickets or agent.has_role(Role.MANAGER)
    return Reach(
        member=member if reads_as_member else frozenset(),
        led=where(Role.TEAM_LEAD, "lead_id"),
        supervised=where(Role.SUPERVISOR, "supervisor_id"),
        managed=_with_children(where(Role.MANAGER, "manager_id"), {team.id: team.parent_id for team in teams}),
        foreign=frozenset(team.id for team in teams if works_tickets and team.allow_foreign_accept),
        covers=covers,
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
        absences.filter(cancelled_at__isnull=True, starts_on__lte=day + DAY)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day - DAY))
        .select_related("agent")
    )


def runs(absence: Absence, at: datetime) -> bool:
    return _covers(absence.starts_on, absence.ends_on, absence.agent.today(at))


def _covers(starts_on: date, ends_on: date | None, day: date) -> bool:
    return starts_on <= day and (ends_on is None or day <= ends_on)
