"""A team with one in each role, and a ticket of theirs on which something is granted."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.enums import Role
from accounts.models import Agent
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tickets.models import Resolution, Ticket
from tickets.wording import describe

TEN = {"amount": Decimal("10.00")}
MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
"""Twelve o'clock in Berlin; the desk is open from eight to six."""


class People:
    """A team with one in each role, and the owner of a ticket of theirs."""

    def __init__(self) -> None:
        self.lead: Agent = AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD, Role.AGENT])
        self.supervisor: Agent = AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR])
        self.manager: Agent = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
        self.team = TeamFactory(lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.owner: Agent = AgentFactory(name="Mara Weiss", teams=[self.team])
        self.colleague: Agent = AgentFactory(name="Jonas Kern", teams=[self.team])
        self.ticket: Ticket = TicketFactory(team=self.team, owner=self.owner)


@pytest.fixture
def people() -> People:
    return People()


def fresh(resolution: Resolution) -> Resolution:
    return Resolution.objects.get(pk=resolution.pk)


def state(resolution: Resolution) -> tuple[str, str, str]:
    row = fresh(resolution)
    return row.empowerment_tier, row.approval_status, row.calibration_status


def lines(ticket: Ticket) -> list[str]:
    entries = ticket.entries.filter(kind__in=["resolution", "approval"]).order_by("seq")
    assert {entry.visibility for entry in entries} <= {"internal"}
    return [describe(entry) for entry in entries]
