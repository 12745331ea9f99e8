"""Tickets are merged, and their meetings go on with whoever is responsible from then on."""

import pytest

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.meetings.models import Meeting
from connectors.meetings.selectors import meetings_seen_by
from connectors.meetings.services import arrange_meeting, cancel_meeting, change_meeting
from envelopes.services import cancel_envelope
from tests.connectors.meetings.conftest import fresh, send, wanted
from tests.factories import AgentFactory, EnvelopeFactory, TicketFactory
from tests.fakes.graph_calendar import Calendar
from tickets.errors import NotOwner
from tickets.models import Ticket, TimelineEntry
from tickets.services import merge_ticket, unmerge_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(db: None) -> Agent:
    made: Agent = AgentFactory(name="Bob")
    return made


@pytest.fixture
def target(ticket: Ticket, bob: Agent) -> Ticket:
    made: Ticket = TicketFactory(owner=bob, team=ticket.team, requester=ticket.requester)
    return made


@pytest.fixture
def meeting(ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar) -> Meeting:
    made = arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    return made


def test_the_other_tickets_owner_goes_on_with_it(
    meeting: Meeting, ticket: Ticket, target: Ticket, ann: Agent, bob: Agent, calendar: Calendar
) -> None:
    merge_ticket(ticket.pk, into=target, by=ann)
    assert list(Meeting.objects.of_ticket(target)) == [meeting]
    assert meeting in meetings_seen_by(bob)
    with pytest.raises(NotOwner):
        change_meeting(meeting.pk, by=ann, title="Another")
    change_meeting(meeting.pk, by=bob, title="Another")
    send()
    assert calendar.made[0].title == f"Another [{ticket.reference}]"  # as the customer knows it
    assert fresh(meeting).state == "arranged"
    assert TimelineEntry.objects.latest("seq").ticket == target
    assert cancel_meeting(meeting.pk, by=bob).is_cancelled


def test_through_two_merges_and_back(meeting: Meeting, ticket: Ticket, target: Ticket, ann: Agent, bob: Agent) -> None:
    last = TicketFactory(owner=ann, team=ticket.team, requester=ticket.requester)
    merge_ticket(ticket.pk, into=target, by=ann)
    own = arrange_meeting(target.pk, wanted(), by=bob)
    merge_ticket(target.pk, into=last, by=bob)
    assert set(Meeting.objects.of_ticket(last)) == {meeting, own}
    unmerge_ticket(target.pk, by=bob)
    assert set(Meeting.objects.of_ticket(target)) == {meeting, own}
    assert [row.ticket for row in meeting.history.order_by("history_date")] == [ticket, target, last, target]


def test_once_the_merge_is_undone_it_is_the_former_owners_again(
    meeting: Meeting, ticket: Ticket, target: Ticket, ann: Agent
) -> None:
    merge_ticket(ticket.pk, into=target, by=ann)
    unmerge_ticket(ticket.pk, by=ann)
    assert list(Meeting.objects.of_ticket(ticket)) == [meeting]
    assert change_meeting(meeting.pk, by=ann, title="Another").title == "Another"


def test_an_envelopes_meeting_stays_with_it(ticket: Ticket, target: Ticket, ann: Agent, connection: Connection) -> None:
    envelope = EnvelopeFactory(ticket=ticket, expert=AgentFactory())
    inside = arrange_meeting(ticket.pk, wanted(attendees=["ann@desk.test"]), by=ann, envelope_id=envelope.pk)
    cancel_envelope(envelope.pk, by=ann, reason="Not needed.")
    merge_ticket(ticket.pk, into=target, by=ann)
    assert fresh(inside).ticket == ticket
