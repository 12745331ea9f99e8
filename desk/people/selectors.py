"""Reads of the people and customer pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Absence, Agent, Company, Contact, Team
from accounts.policies import may_record_absence
from accounts.selectors import reach_of
from tickets.models import Ticket

AHEAD = timedelta(days=28)
"""How far the people page looks for the next absence."""
SEARCH_WORDS = 6
"""More words than a name has cost time and find nothing."""


@dataclass(frozen=True)
class Member:
    agent: Agent
    absence: Absence | None
    """The absence of today, else None."""
    next_absence: Absence | None
    open_count: int
    may_record: bool
    """Whether the reader may record an absence of this person."""

    @property
    def is_full(self) -> bool:
        return self.open_count >= self.agent.max_tickets


@dataclass(frozen=True)
class Crew:
    team: Team
    members: Sequence[Member]

    @property
    def present_count(self) -> int:
        return sum(member.absence is None for member in self.members)


def crews_of(reader: Agent, *, at: datetime | None = None) -> list[Crew]:
    """The teams in the reader's charge with who is here today; all teams for auditors and admins. Four queries."""
    at = at or timezone.now()
    teams = Team.objects.select_related("lead").order_by("name").filter(is_active=True)
    if not reader.has_role(Role.AUDITOR, Role.ADMIN):
        teams = teams.filter(pk__in=reach_of(reader).in_charge)
    crews = [(team, list(team.members.all())) for team in teams.prefetch_related("members")]
    people = {agent.pk: agent for _team, members in crews for agent in members if agent.is_active}
    absences = _absences_of(people.values(), at=at)
    counts = open_counts(people)
    teams_of: dict[UUID, set[UUID]] = {}
    for team, members in crews:
        for agent in members:
            teams_of.setdefault(agent.pk, set()).add(team.pk)

    def member(agent: Agent) -> Member:
        today = agent.today(at)
        mine = absences.get(agent.pk, [])
        return Member(
            agent=agent,
            absence=next((one for one in mine if one.starts_on <= today), None),
            next_absence=next((one for one in mine if one.starts_on > today), None),
            open_count=counts.get(agent.pk, 0),
            may_record=may_record_absence(reader, agent, team_ids=frozenset(teams_of[agent.pk])),
        )

    return [Crew(team, [member(agent) for agent in members if agent.is_active]) for team, members in crews]


def _absences_of(people: Iterable[Agent], *, at: datetime) -> dict[UUID, list[Absence]]:
    """Absences that run today or begin soon, in each person's own zone, the earliest first."""
    people = list(people)
    day = at.date()
    near = (
        Absence.objects.overlapping(day - timedelta(days=1), day + AHEAD)
        .filter(agent__in=[agent.pk for agent in people])
        .select_related("deputy")
        .order_by("starts_on")
    )
    found: dict[UUID, list[Absence]] = {}
    today_of = {agent.pk: agent.today(at) for agent in people}
    for absence in near:
        if absence.ends_on is None or absence.ends_on >= today_of[absence.agent_id]:
            found.setdefault(absence.agent_id, []).append(absence)
    return found


def open_counts(people: Iterable[UUID]) -> dict[UUID, int]:
    """Open tickets per owner; who owns none is missing."""
    rows = Ticket.objects.open().filter(owner__in=list(people)).order_by().values("owner").annotate(count=Count("pk"))
    return {row["owner"]: row["count"] for row in rows}


def contacts_found(text: str) -> QuerySet[Contact]:
    """Contacts each word of `text` fits: first or last name, address, or name of the company. Unordered."""
    contacts = Contact.objects.select_related("company")
    for word in text.split()[:SEARCH_WORDS]:
        companies = Company.objects.filter(name__icontains=word).values("pk")[:500]
        contacts = contacts.filter(
            Q(last_name__icontains=word)
            | Q(first_name__icontains=word)
            | Q(email__icontains=word)
            | Q(company__in=list(companies.values_list("pk", flat=True)))
        )
    return contacts


def tickets_of_contact(contact: Contact, reader: Agent) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(reader).filter(requester=contact).for_rows()


def tickets_of_company(company: Company, reader: Agent) -> QuerySet[Ticket]:
    return Ticket.objects.visible_to(reader).filter(company=company).for_rows()
