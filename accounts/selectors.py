"""Reads about people, their absences, and customers."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.enums import Role
from accounts.models import Absence, Agent, BusinessCalendar, Company, Contact, SecondFactor, Team
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
from core.arrays import any_of, overlap
from core.compiled import Compiled

__all__ = [
    "Outline",
    "Reach",
    "absences_visible_to",
    "absent_ids",
    "begun_second_factor",
    "calendar_of",
    "companies_for_addresses",
    "company_for_address",
    "contact_for_address",
    "contacts_for_addresses",
    "contacts_with_addresses",
    "covered_by",
    "current_absence",
    "is_absent",
    "legal_team",
    "outline_of",
    "reach_of",
    "read_reaches",
    "second_factor_of",
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


def legal_team() -> Team | None:
    """The team that legal cases are put before, if one is named and still works."""
    return Team.objects.filter(is_legal=True, is_active=True).first()


def company_for_address(address: str) -> Company | None:
    """The company whose mail domains include that of `address`; of several the first by name."""
    return companies_for_addresses([address]).get(address)


def companies_for_addresses(addresses: Iterable[str]) -> dict[str, Company]:
    """As `company_for_address`, by address; addresses of no company are left out."""
    domains = {address: address.rpartition("@")[2].lower() for address in addresses}
    of_domain: dict[str, Company] = {}
    for company in _COMPANIES_OF_DOMAINS.fetch([domain for domain in domains.values() if domain]):
        for domain in company.domains:
            of_domain.setdefault(domain, company)
    return {address: of_domain[domain] for address, domain in domains.items() if domain in of_domain}


def contact_for_address(address: str) -> Contact | None:
    """The contact with this address, whatever its upper and lower case."""
    return contacts_for_addresses([address]).get(address.strip().lower())


def contacts_for_addresses(addresses: Iterable[str]) -> dict[str, Contact]:
    """As `contact_for_address`, by address in lower case."""
    wanted = [address.strip() for address in addresses]
    return {contact.email.lower(): contact for contact in _CONTACTS_OF_ADDRESSES.fetch(wanted)}


_COMPANIES_OF_DOMAINS = Compiled(
    lambda domains: Company.objects.filter(overlap("domains", domains)).order_by("name", "pk"), ["a.domain"]
)


def contacts_with_addresses(wanted: Collection[str]) -> QuerySet[Contact]:
    """With these addresses, whatever their upper and lower case, and with their companies."""
    return Contact.objects.select_related("company").filter(any_of(Lower("email"), wanted, lowered=True)).order_by()


_CONTACTS_OF_ADDRESSES = Compiled(contacts_with_addresses, ["an@address"])


def calendar_of(team: Team | None) -> BusinessCalendar:
    """The team's calendar, else the default one."""
    if team is not None and team.calendar is not None:
        return team.calendar
    return BusinessCalendar.objects.get(is_default=True)


def second_factor_of(user_id: UUID) -> SecondFactor | None:
    """The one that is in use."""
    return SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).first()


def begun_second_factor(user_id: UUID) -> SecondFactor | None:
    """One that waits for the first code of the person's app."""
    return SecondFactor.objects.select_related("user").filter(user_id=user_id, confirmed_at=None).first()
