"""Teams, agents, companies and contacts for a load: few beside the tickets, so they come through the models."""

import re
import unicodedata
from collections.abc import Iterator
from random import Random

from django.contrib.auth.hashers import make_password

from accounts.enums import Role, Tier
from accounts.models import Agent, Company, Contact, Team, User
from desk.load import words
from desk.load.rows import Person, Queue

OWNER = "owner"
DOMAIN = "load.itilnext.example"
TICKETS_PER_CONTACT = 20
TICKETS_PER_COMPANY = 500
TEAM_NAMES = (*(name for name, _share in words.TEAMS), words.TINY_TEAM)
MAX_TICKETS = 10_000
"""Capacity of the agents: nobody routed these tickets with care, and benchmarks go on accepting."""


def make_queues(total: int) -> list[Queue]:
    """The teams of `words`, made or found again, each with its agents."""
    return [_queue(name, number, size=_team_size(total, name)) for number, name in enumerate(TEAM_NAMES)]


def _team_size(total: int, name: str) -> int:
    return 2 if name == words.TINY_TEAM else min(6 + total // 20_000, 60)


def _queue(name: str, number: int, *, size: int) -> Queue:
    team, _is_new = Team.objects.using(OWNER).get_or_create(name=name)
    return Queue(team.pk.hex, [_agent(team, number * 100 + n) for n in range(size)])


def _agent(team: Team, number: int) -> Person:
    address = f"agent{number:04}@{DOMAIN}"
    agent = Agent.objects.using(OWNER).filter(email=address).first()
    if agent is None:
        name = f"{words.FIRST_NAMES[number % 26]} {words.LAST_NAMES[number * 7 % 30]}"
        user = User(email=address, password=make_password(None))
        user.save(using=OWNER)
        agent = Agent(
            user=user, email=address, name=name, roles=[Role.AGENT], primary_team=team, max_tickets=MAX_TICKETS
        )
        agent.save(using=OWNER)
        agent.teams.add(team)
    return Person(agent.pk.hex, agent.name, address)


def make_contacts(total: int, *, seed: str) -> list[Person]:
    """New companies and contacts for a load of `total` tickets."""
    rng = Random(seed)  # noqa: S311  # made-up data, to be the same each time
    known = Company.objects.using(OWNER).count()
    companies = [_company(known + n, rng) for n in range(max(total // TICKETS_PER_COMPANY, 3))]
    Company.objects.using(OWNER).bulk_create(companies, batch_size=1000)
    known = Contact.objects.using(OWNER).count()
    contacts = list(_contacts(companies, range(known, known + max(total // TICKETS_PER_CONTACT, 5)), rng))
    Contact.objects.using(OWNER).bulk_create(contacts, batch_size=1000)
    return [_person(contact) for contact in contacts]


def _person(contact: Contact) -> Person:
    company = contact.company.pk.hex if contact.company else ""
    tier = str(contact.effective_tier)
    return Person(contact.pk.hex, contact.name, contact.email, company, contact.language, tier)


def _company(number: int, rng: Random) -> Company:
    family, trade = rng.choice(words.LAST_NAMES), rng.choice(words.COMPANY_NAMES)
    tier = rng.choices([Tier.STANDARD, Tier.PREMIUM, Tier.VIP], [80, 15, 5])[0]
    domain = f"{_ascii(family)}-{_ascii(trade)}-{number}.example"
    return Company(name=f"{family} {trade} {number}", domains=[domain], tier=tier)


def _contacts(companies: list[Company], numbers: range, rng: Random) -> Iterator[Contact]:
    for number in numbers:
        first_name, last_name, company = (
            rng.choice(words.FIRST_NAMES),
            rng.choice(words.LAST_NAMES),
            rng.choice(companies),
        )
        yield Contact(
            first_name=first_name,
            last_name=last_name,
            email=f"{_ascii(first_name)}.{_ascii(last_name)}.{number}@{company.domains[0]}",
            company=company,
            language="de" if rng.random() < 0.6 else "en",
        )


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss").replace("ı", "i"))
    return re.sub("[^a-z]", "", plain)
