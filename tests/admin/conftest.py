"""The people who open the operators' window, each with a signed-in browser."""

from dataclasses import dataclass

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent, Team
from tests.factories import AgentFactory, TeamFactory
from tests.kept import kept


@dataclass
class Office:
    team: Team
    foreign_team: Team
    supervisor: Agent
    manager: Agent
    admin: Agent
    auditor: Agent
    lead: Agent
    agent: Agent

    def browser(self, agent: Agent) -> Client:
        client = Client()
        client.force_login(agent.user, backend="accounts.auth.AgentBackend")
        return client


@pytest.fixture
def office(db: None) -> Office:
    return kept(small_office)


def small_office() -> Office:
    """One team with its line, and a team that is nobody's of them."""
    people = {
        name: AgentFactory(name=name.title(), roles=[role])
        for name, role in {
            "supervisor": Role.SUPERVISOR,
            "manager": Role.MANAGER,
            "admin": Role.ADMIN,
            "auditor": Role.AUDITOR,
            "lead": Role.TEAM_LEAD,
            "agent": Role.AGENT,
        }.items()
    }
    team = TeamFactory(
        name="Service Desk", supervisor=people["supervisor"], manager=people["manager"], lead=people["lead"]
    )
    people["agent"].teams.add(team)
    return Office(team=team, foreign_team=TeamFactory(name="Network"), **people)
