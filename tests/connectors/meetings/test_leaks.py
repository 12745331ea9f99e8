"""Nothing of an envelope's meeting reaches anybody but its readers: one word is looked for in all that they can get."""

from typing import Any

import pytest

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.meetings.services import arrange_meeting, cancel_meeting
from core.events import deliver_all
from tests.asked_of_all import Canary, addresses, all_that_reaches, tables_holding
from tests.connectors.meetings.conftest import SOON, wanted
from tests.factories import AgentFactory, EnvelopeFactory
from tickets.models import OutboundMessage, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def canary(ticket: Ticket, ann: Agent, connection: Connection) -> Canary:
    made = Canary("title", "text", "farewell")
    envelope = EnvelopeFactory(ticket=ticket, expert=AgentFactory(email="nina@desk.test"))
    texts = {name: made.text(name) for name in ("title", "text")}
    asked = wanted(**texts, starts_at=SOON, attendees=["ann@desk.test", "nina@desk.test"])
    meeting = arrange_meeting(ticket.pk, asked, by=ann, envelope_id=envelope.pk)
    cancel_meeting(meeting.pk, by=ann, farewell=made.text("farewell"))
    deliver_all()
    return made


def places(canary: Canary, reader: Any, only: str) -> set[str]:
    """In what `reader` gets at the addresses that hold `only`."""
    asked = [path for path in addresses(canary.word) if only in path]
    assert asked
    return canary.places_in(all_that_reaches(reader, asked, word=canary.word).values())


def test_an_envelopes_meeting_is_found_by_its_readers_and_nobody_else(
    canary: Canary, ticket: Ticket, ann: Agent
) -> None:
    mate, admin = AgentFactory(teams=[ticket.team]), AgentFactory(roles=[Role.ADMIN])
    assert places(canary, ann, "meetings") == {"title", "text", "farewell"}
    for only in ("meetings", ticket.reference, "search", "timeline", "/e/1"):
        assert places(canary, mate, only) == set()
    assert places(canary, admin, "meetings") == set()
    assert not OutboundMessage.objects.exists()
    assert "tickets_searchdocument" not in tables_holding(canary.word)
