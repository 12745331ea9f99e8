"""A team with its reviewers and a week of its decisions (domain.md section 8)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent
from core.actors import TIMER
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets import guards
from tickets.calibration import Week
from tickets.models import CalibrationItem, CalibrationSession, Resolution
from tickets.services import approve_resolution, generate_calibration

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Week(2026, 10)
"""2 to 8 March 2026."""
WEDNESDAY = datetime(2026, 3, 4, 9, tzinfo=UTC)
MONDAY_SIX = datetime(2026, 3, 9, 5, tzinfo=UTC)
"""Six o'clock in Berlin, on the Monday after."""


class People:
    """A team with two leads' worth of reviewers: lead, supervisor and manager."""

    def __init__(self) -> None:
        self.lead: Agent = AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD])
        self.supervisor: Agent = AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR])
        self.manager: Agent = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
        self.team = TeamFactory(lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.owner: Agent = AgentFactory(name="Mara Weiss", teams=[self.team], primary_team=self.team, max_tickets=500)

    def granted(self, amount: str | None = None, **more: Any) -> Resolution:
        """On a ticket of its own; what needs approval is approved by the manager."""
        row = a_resolution(TicketFactory(team=self.team, owner=self.owner), amount, **more)
        return approve_resolution(row.pk, by=self.manager) if row.is_pending else row


@pytest.fixture
def people() -> Iterator[People]:
    """In the middle of the week."""
    with time_machine.travel(WEDNESDAY):
        yield People()


@pytest.fixture
def flags() -> Iterator[dict[UUID, set[str]]]:
    """Put flags on tickets by writing them in here."""
    found: dict[UUID, set[str]] = {}
    guards.flag_sources.append(lambda ids: {pk: found[pk] for pk in ids if pk in found})
    yield found
    guards.flag_sources.pop()


def generated(week: Week = WEEK, *, at: datetime = MONDAY_SIX) -> CalibrationSession:
    with time_machine.travel(at):
        return generate_calibration(*week, by=TIMER)


def reasons_in(session: CalibrationSession) -> list[list[str]]:
    return sorted(session.items.values_list("reasons", flat=True))


def an_item(people: People, **more: Any) -> CalibrationItem:
    """A decided resolution in the week's queue, seen on Monday."""
    row = people.granted("600.00", **more)
    session = generated()
    found: CalibrationItem = session.items.get(resolution=row)
    return found
