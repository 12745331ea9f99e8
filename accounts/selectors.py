"""Reads about people, their absences, and customers."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.enums import Role
from accounts.models import Absence, Agent, BusinessCalendar, Company, Contact, Team
from accounts.reach import (
    Outline,
    Reach,
    absences_around,
    covered_by,
    outline_of,
    reach_of,
    read_reaches,
    runs,
    stand_in,
    unneeded,
)
from core.compiled import Compiled

__all__ = [
    "Outline",
    "Reach",
    "absences_visible_to",
    "absent_ids",
    "calendar_of",
    "company_for_address",
    "contact_for_address",
    "covered_by",
    "current_absence",
    "is_absent",
    "outline_of",
    "reach_of",
    "read_reaches",
    "stand_in",
    "unneeded",
]


def is_absent(agent: Agent, *, at: datetime) -> bool:
    """Whether an absence of the agent covers their local date at `at`."""
    return Absence.objects.filter(agent=agent).on(agent.today(at)).exists()


def current_absence(agent: Agent, *, at: datetime) -> Absence | None:
    """The absence that covers the agent's local date, with its deputy."""
    return Absence.objects.filter(agent=agent).on(agent.today(at)).select_related("deputy").first()


def absent_ids(agents: Iterable[Agent], *, at: datetime) -> set[UUID]:
    """Which of `agents` are absent at `at`; one query for all."""
    absences = absences_around(Absence.objects.filter(agent__in=[agent.pk for agent in agents]), at)
    return {absence.agent_id for absence in absences if runs(absence, at)}


def absences_visible_to(agent: Agent) -> QuerySet[Absence]:
    """Own absences, those one covers, those of people in one's teams' charge; auditors and admins see all."""
    absences = Absence.objects.select_related("agent", "deputy")
    if agent.has_role(Role.AUDITOR, Role.ADMIN):
        return absences
    teams = reach_of(agent).in_charge
    return absences.filter(Q(agent=agent) | Q(deputy=agent) | Q(agent__teams__in=teams)).distinct()


def company_for_address(address: str) -> Company | None:
    """The company whose mail domains include that of `address`."""
    domain = address.rpartition("@")[2].lower()
    return _COMPANY_OF_DOMAIN.first(domain) if domain else None


def contact_for_address(address: str) -> Contact | None:
    """The contact with this address, whatever its upper and lower case."""
    return _CONTACT_OF_ADDRESS.first(address.strip().lower())


_COMPANY_OF_DOMAIN = Compiled(
    lambda domain: Company.objects.filter(domains__contains=[domain]).order_by("name", "pk")[:1], "a.domain"
)
_CONTACT_OF_ADDRESS = Compiled(
    lambda address: (
        Contact.objects.select_related("company").alias(address=Lower("email")).filter(address=address).order_by()
    ),
    "an@address",
)


def calendar_of(team: Team | None) -> BusinessCalendar:
    """The team's calendar, else the default one."""
    if team is not None and team.calendar is not None:
        return team.calendar
    return BusinessCalendar.objects.get(is_default=True)
