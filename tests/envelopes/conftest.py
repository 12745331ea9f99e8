"""One ticket with its owner, a team that is asked for help, and its people."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.enums import Role
from accounts.models import Agent, Team
from envelopes.models import Envelope
from sla.models import SlaPolicy
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.kept import kept
from tickets.models import Ticket, TimelineEntry

BERLIN = ZoneInfo("Europe/Berlin")


def _next_monday() -> datetime:
    today = datetime.now(BERLIN).date()
    monday = today + timedelta(days=7 - today.weekday())
    return datetime.combine(monday, time(9), BERLIN).astimezone(UTC)


MONDAY_NINE = _next_monday()
"""09:00 in Berlin; the default calendar is open from 08:00 to 18:00. It lies ahead whenever tests run: the ticket is
made now, and help is asked for after that.
"""


@dataclass
class Scene:
    ticket: Ticket
    owner: Agent
    mate: Agent
    """Of the ticket's team, without any part in its envelopes."""
    ticket_lead: Agent
    ticket_supervisor: Agent
    network: Team
    nina: Agent
    """Of the team that is asked."""
    noah: Agent
    network_lead: Agent
    network_supervisor: Agent
    manager: Agent
    """Of the ticket's team."""
    auditor: Agent
    admin: Agent
    stranger: Agent
    """Of a third team."""


@pytest.fixture
def scene(db: None) -> Scene:
    people = kept(_people)
    return Scene(ticket=TicketFactory(team=people["owner"].teams.get(), owner=people["owner"]), **people)


def _people() -> dict[str, Any]:
    """All of a scene but its ticket."""
    SlaPolicy.objects.filter(kind="sla").update(is_active=False)  # else help ends with what the customer is promised
    lead, supervisor = AgentFactory(roles=[Role.TEAM_LEAD]), AgentFactory(roles=[Role.SUPERVISOR])
    manager = AgentFactory(roles=[Role.MANAGER])
    service_desk = TeamFactory(name="Service Desk", lead=lead, supervisor=supervisor, manager=manager)
    network_lead = AgentFactory(name="Lea", roles=[Role.TEAM_LEAD])
    network_supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    network = TeamFactory(name="Network", lead=network_lead, supervisor=network_supervisor)
    return {
        "owner": AgentFactory(name="Mara Weiss", teams=[service_desk]),
        "mate": AgentFactory(name="Mate", teams=[service_desk]),
        "ticket_lead": lead,
        "ticket_supervisor": supervisor,
        "network": network,
        "nina": AgentFactory(name="Nina Kern", teams=[network]),
        "noah": AgentFactory(name="Noah Beck", teams=[network]),
        "network_lead": network_lead,
        "network_supervisor": network_supervisor,
        "manager": manager,
        "auditor": AgentFactory(roles=[Role.AUDITOR]),
        "admin": AgentFactory(roles=[Role.ADMIN]),
        "stranger": AgentFactory(teams=[TeamFactory(name="Storage")]),
    }


def fresh(agent: Agent) -> Agent:
    """As at their next request: what they reach is read anew."""
    return Agent.objects.get(pk=agent.pk)


def now_of(envelope: Envelope) -> Envelope:
    return Envelope.objects.get(pk=envelope.pk)


def status_of(ticket: Ticket) -> str:
    return str(Ticket.objects.get(pk=ticket.pk).status)


def inside(ticket: Ticket) -> list[TimelineEntry]:
    """What envelopes have told on the main thread."""
    return list(ticket.entries.filter(kind__startswith="envelope_").main_thread().order_by("seq"))
