"""People of a small desk, each with a browser of their own."""

from dataclasses import dataclass, field

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent, Company, Contact, Team
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory
from tests.kept import kept


@dataclass
class Desk:
    team: Team
    other_team: Team
    mara: Agent
    jonas: Agent
    lea: Agent
    sam: Agent
    aude: Agent
    nina: Agent
    company: Company
    dana: Contact
    clients: dict[str, Client] = field(default_factory=dict)

    def browser(self, agent: Agent) -> Client:
        """A signed-in browser; the agent's own, so that drafts and sessions do not mix."""
        if agent.email not in self.clients:
            client = Client()
            client.force_login(agent.user, backend="accounts.auth.AgentBackend")
            self.clients[agent.email] = client
        return self.clients[agent.email]


@pytest.fixture
def desk(db: None) -> Desk:
    return kept(small_desk)


def small_desk() -> Desk:
    """Service Desk with Mara and Jonas (agents), Lea (lead), Sam (supervisor); Network with Nina; Aude audits."""
    team, other = TeamFactory(name="Service Desk"), TeamFactory(name="Network")
    lea = AgentFactory(name="Lea Brandt", roles=[Role.AGENT, Role.TEAM_LEAD], teams=[team])
    sam = AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR])
    team.lead, team.supervisor = lea, sam
    team.save()
    company = CompanyFactory(name="Acme GmbH", domains=["acme.example"])
    return Desk(
        team=team,
        other_team=other,
        mara=AgentFactory(name="Mara Weiss", teams=[team]),
        jonas=AgentFactory(name="Jonas Kern", teams=[team]),
        lea=lea,
        sam=sam,
        aude=AgentFactory(name="Aude Petit", roles=[Role.AUDITOR]),
        nina=AgentFactory(name="Nina Vogt", teams=[other]),
        company=company,
        dana=ContactFactory(first_name="Dana", last_name="Roth", email="dana@acme.example", company=company),
    )
