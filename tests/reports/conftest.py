"""A desk in March 2026 whose figures are worked out by hand. The default calendar: Monday to Friday, 08:00 to 18:00 in
Berlin; the 2nd is a Monday, the clock changes on the 29th.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent, Team
from envelopes import services as help_services
from envelopes.models import Envelope
from reports.measures.asked import Asked
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.kept import kept
from tickets import services
from tickets.models import Ticket

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """ "6 17:00" is that moment of March 2026 in Berlin, "4-2 09:00" one of April; UTC."""
    day, clock = text.split()
    month, _dash, number = day.rpartition("-")
    hour, minute = clock.split(":")
    local = datetime(2026, int(month or 3), int(number), int(hour), int(minute), tzinfo=BERLIN)
    return local.astimezone(UTC)


@contextmanager
def moment(text: str) -> Iterator[None]:
    with time_machine.travel(at(text), tick=False):
        yield


@dataclass
class Desk:
    """One team whose figures are asked for, another one beside it."""

    team: Team
    other: Team
    mara: Agent
    jonas: Agent
    nina: Agent
    """Of the other team."""
    lead: Agent
    supervisor: Agent
    """Of both."""
    auditor: Agent

    def opened(self, when: str, **values: Any) -> Ticket:
        with moment(when):
            ticket: Ticket = TicketFactory(**{"team": self.team, **values})
        return ticket

    def accepted(self, created: str, accepted: str, *, by: Agent | None = None, **values: Any) -> Ticket:
        ticket = self.opened(created, **values)
        with moment(accepted):
            return services.accept_ticket(ticket.pk, by=fresh(by or self.mara))

    def resolved(self, created: str, accepted: str, resolved: str, **values: Any) -> Ticket:
        ticket = self.accepted(created, accepted, **values)
        self.resolves(ticket, resolved)
        return ticket

    def resolves(self, ticket: Ticket, when: str, **values: Any) -> None:
        with moment(when):
            owner = Ticket.objects.select_related("owner").get(pk=ticket.pk).owner
            services.resolve_ticket(ticket.pk, **{"by": owner, "code": "fixed", "note": "Fixed.", **values})

    def reopens(self, ticket: Ticket, when: str) -> None:
        with moment(when):
            services.reopen_ticket(ticket.pk, by=ticket.owner)

    def closes(self, ticket: Ticket, when: str) -> None:
        with moment(when):
            services.confirm_ticket(ticket.pk, by=ticket.owner)

    def asks(self, ticket: Ticket, when: str, **values: Any) -> Envelope:
        with moment(when):
            return help_services.open_envelope(
                ticket.pk, **{"by": ticket.owner, "team": self.other, "reason": "Which port is it?", **values}
            )


def fresh(agent: Agent) -> Agent:
    """As at their next request: what they reach is read anew."""
    return Agent.objects.get(pk=agent.pk)


@pytest.fixture
def desk(db: None) -> Desk:
    return kept(small_desk)


def small_desk() -> Desk:
    with moment("1 08:00"):
        lead, supervisor = AgentFactory(name="Lea", roles=[Role.TEAM_LEAD]), AgentFactory(roles=[Role.SUPERVISOR])
        team = TeamFactory(name="Service Desk", lead=lead, supervisor=supervisor)
        other = TeamFactory(name="Network", supervisor=supervisor)
        return Desk(
            team=team,
            other=other,
            mara=AgentFactory(name="Mara Weiss", teams=[team]),
            jonas=AgentFactory(name="Jonas Brandt", teams=[team]),
            nina=AgentFactory(name="Nina Kern", teams=[other]),
            lead=lead,
            supervisor=supervisor,
            auditor=AgentFactory(roles=[Role.AUDITOR]),
        )


def march(*teams: Team, now: str = "4-30 12:00", **values: Any) -> Asked:
    """Asked of March, of these teams."""
    ids = frozenset(team.pk for team in teams)
    return Asked(start=at("1 00:00"), end=at("4-1 00:00"), now=at(now), teams=ids, **values)
