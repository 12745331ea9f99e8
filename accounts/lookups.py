"""People and teams by what a program calls them: id, e-mail address or name (interfaces.md section 2)."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.models import Agent, Company, Contact, Skill, Team

M = TypeVar("M", bound=Model)


def agent_named(text: str) -> Agent | None:
    """The agent, also a deactivated one; None if nobody or more than one person is called so."""
    return (
        _by_id(Agent.objects.all(), text)
        or _single(Agent.objects.all(), email=text)
        or _single(Agent.objects.all(), name=text)
    )


def team_named(text: str) -> Team | None:
    return _by_id(Team.objects.all(), text) or _single(Team.objects.all(), name=text)


def skill_named(text: str) -> Skill | None:
    return _by_id(Skill.objects.all(), text) or _single(Skill.objects.all(), name=text)


def contact_named(text: str) -> Contact | None:
    """By id or address; customers' names are not unique enough to mean somebody."""
    contacts = Contact.objects.select_related("company")
    return _by_id(contacts, text) or _single(contacts, email=text)


def company_named(text: str) -> Company | None:
    return _by_id(Company.objects.all(), text) or _single(Company.objects.all(), name=text)


def _by_id(rows: QuerySet[M], text: str) -> M | None:
    try:
        return rows.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _single(rows: QuerySet[M], **value: str) -> M | None:
    [(name, text)] = value.items()
    found = list(rows.filter(**{f"{name}__iexact": text.strip()})[:2])
    return found[0] if len(found) == 1 else None
