"""A ticket of a team, with its owner, at a time at which the desk is open."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent, BusinessCalendar, Team
from core.models import new_id
from sla.models import SlaClock
from sla.services import differences
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.kept import kept
from tickets.models import Ticket
from tickets.services import edit_ticket, reply_to_customer
from tickets.services.conversation import release_due_messages

MONDAY_NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""09:00 in Berlin; the default calendar is open from 08:00 to 18:00."""


def travel(moment: datetime) -> AbstractContextManager[Any]:
    return time_machine.travel(moment, tick=False)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@dataclass
class Desk:
    team: Team
    owner: Agent
    supervisor: Agent
    manager: Agent

    def ticket(self, at: datetime = MONDAY_NINE, *, owned: bool = True, **values: Any) -> Ticket:
        with travel(at):
            ticket: Ticket = TicketFactory(team=self.team, owner=self.owner if owned else None, **values)
        return ticket

    def raise_to(self, priority: str, ticket: Ticket, at: datetime) -> None:
        version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
        with travel(at):
            edit_ticket(ticket.pk, by=self.owner, version=version, priority=priority, reason="The ward cannot print.")

    def answer(self, ticket: Ticket, at: datetime, *, then: str = "") -> None:
        """Released at `at`."""
        with travel(at - minutes(1)):
            reply_to_customer(ticket.pk, by=self.owner, body_text=f"We look at it {new_id()}", then=then)
        with travel(at):
            release_due_messages(now=at)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    """After the test, whatever it was about, the clocks are those that follow from what was recorded."""
    yield kept(small_desk)
    assert list(differences(list(Ticket.objects.values_list("pk", flat=True)))) == []


def small_desk() -> Desk:
    supervisor, manager = AgentFactory(roles=[Role.SUPERVISOR]), AgentFactory(roles=[Role.MANAGER])
    team = TeamFactory(supervisor=supervisor, manager=manager)
    return Desk(team, AgentFactory(teams=[team]), supervisor, manager)


@pytest.fixture
def always_open(db: None) -> BusinessCalendar:
    BusinessCalendar.objects.filter(is_default=True).update(is_24x7=True)
    return BusinessCalendar.objects.get(is_default=True)


def clock_of(ticket: Ticket, metric: str, cycle: int = 1) -> SlaClock:
    return SlaClock.objects.get(ticket=ticket, metric=metric, cycle=cycle)


def due_of(ticket: Ticket) -> datetime | None:
    return Ticket.objects.get(pk=ticket.pk).resolution_due_at
