"""The desk and somebody in Outlook change a meeting at the same time: of each field the one who did decides."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.meetings.models import Meeting
from connectors.meetings.services import arrange_meeting, cancel_meeting, change_meeting, follow_due_meetings
from core.errors import Invalid
from envelopes.models import Envelope
from tests.connectors.meetings.conftest import SOON, fresh, send, wanted
from tests.factories import AgentFactory, ContactFactory, EnvelopeFactory
from tests.fakes.graph_calendar import Calendar, Event
from tests.fakes.microsoft import MicrosoftFake, once
from tests.fakes.serving import Reply
from tickets.models import Ticket
from tickets.services import add_participants

pytestmark = pytest.mark.django_db
CUT = Reply(0, hangs_up=True)
LATER = SOON + timedelta(hours=2), SOON + timedelta(hours=3)
ROOM = {"emailAddress": {"address": "Room1@desk.test", "name": "Room 1"}, "type": "resource"}


@pytest.fixture
def meeting(ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar) -> Meeting:
    made = arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    return made


@pytest.fixture
def event(meeting: Meeting, calendar: Calendar) -> Event:
    return calendar.made[0]


def look() -> None:
    follow_due_meetings(now=timezone.now() + timedelta(minutes=16))


def written(fake: MicrosoftFake) -> list[list[str]]:
    """The fields of each change, in turn."""
    return [sorted(json.loads(call.body)) for call in fake.calls if call.method == "PATCH"]


def test_another_title_leaves_the_time_that_outlook_has_set(
    meeting: Meeting, ann: Agent, event: Event, fake: MicrosoftFake
) -> None:
    event.move(*LATER)
    change_meeting(meeting.pk, by=ann, title="Another title")
    send()
    assert written(fake) == [["subject"]]
    follow_due_meetings(now=timezone.now())  # at once, since something else was found there
    now = fresh(meeting)
    assert (now.title, now.starts_at, now.ends_at) == ("Another title", *LATER)
    change_meeting(meeting.pk, by=ann, starts_at=SOON)
    send()
    assert written(fake)[1:] == [["end", "start"]]


def test_a_field_that_both_have_changed_is_the_desks(meeting: Meeting, ann: Agent, event: Event) -> None:
    event.move(*LATER)
    change_meeting(meeting.pk, by=ann, starts_at=SOON + timedelta(hours=5))
    send()
    look()
    assert fresh(meeting).starts_at == SOON + timedelta(hours=5)


def test_a_room_booked_in_outlook_stays_a_room(meeting: Meeting, ann: Agent, event: Event, fake: MicrosoftFake) -> None:
    event.values["attendees"].append(ROOM)
    change_meeting(meeting.pk, by=ann, attendees=["ann@desk.test", "bob@else.test"])
    send()
    assert event.attendees == ["ann@desk.test", "Room1@desk.test", "bob@else.test"]
    assert event.values["attendees"][1] == ROOM
    look()
    assert fresh(meeting).attendees == ["ann@desk.test", "room1@desk.test", "bob@else.test"]


def test_whom_outlook_has_taken_out_is_not_invited_again(meeting: Meeting, ann: Agent, event: Event) -> None:
    del event.values["attendees"][1]
    change_meeting(meeting.pk, by=ann, attendees=[*meeting.attendees, "bob@else.test"])
    send()
    assert event.attendees == ["ann@desk.test", "bob@else.test"]


@pytest.mark.parametrize("values", [{"title": "B"}, {"starts_at": LATER[0]}, {"attendees": ["bob@else.test"]}])
def test_a_change_taken_back_after_its_answer_was_lost(
    values: dict[str, Any], meeting: Meeting, ann: Agent, event: Event, fake: MicrosoftFake
) -> None:
    before = {name: getattr(meeting, name) for name in values}
    change_meeting(meeting.pk, by=ann, **values)
    fake.late_faults.append(once(CUT, path="/events/", times=2))
    send()
    change_meeting(meeting.pk, by=ann, **before)
    send()
    send()
    look()
    now = fresh(meeting)
    assert {name: getattr(now, name) for name in before} == before
    assert (event.title[:3], event.attendees) == ("Loo", meeting.attendees)
    assert event.values["start"]["dateTime"] == f"{SOON:%Y-%m-%dT%H:%M:%S}"


def test_an_address_that_exchange_writes_otherwise_is_not_told_of_twice(
    ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar
) -> None:
    calendar.aliases["ann@desk.test"] = "ann.baecker@desk.test"
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    follow_due_meetings(now=timezone.now())
    assert [what for what, *_more in calendar.told] == ["invited"]
    assert fresh(meeting).attendees == ["ann.baecker@desk.test", "dana@customer.test"]


def test_what_could_not_be_set_here_stays_and_the_rest_can_be_changed(
    meeting: Meeting, ann: Agent, event: Event
) -> None:
    event.move(SOON, SOON + timedelta(hours=48))
    event.values["attendees"] += [
        {"emailAddress": {"address": each}} for each in ("/o=Desk/cn=ann", f"{'x' * 330}@y.z")
    ]
    look()
    assert (fresh(meeting).minutes, fresh(meeting).attendees) == (48 * 60, meeting.attendees)
    change_meeting(
        meeting.pk, by=ann, title="Two days", minutes=48 * 60, attendees=[*meeting.attendees, "bob@else.test"]
    )
    send()
    assert (fresh(meeting).state, event.title[:8]) == ("arranged", "Two days")
    assert "/o=Desk/cn=ann" in event.attendees
    with pytest.raises(Invalid, match="from 5 minutes to a day"):
        change_meeting(meeting.pk, by=ann, minutes=48 * 60 + 1)


def test_one_that_cannot_be_followed_stops_no_other(
    meeting: Meeting, ticket: Ticket, ann: Agent, calendar: Calendar
) -> None:
    other = arrange_meeting(ticket.pk, wanted(title="Another"), by=ann)
    send()
    calendar.made[0].values["subject"] = "not for \0 a database"
    calendar.made[1].move(*LATER)
    look()
    assert (fresh(meeting).title, fresh(other).starts_at) == (meeting.title, LATER[0])


def test_a_running_one_can_be_made_longer_and_not_end_in_the_past(meeting: Meeting, ann: Agent) -> None:
    began = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=20)
    Meeting.objects.update(starts_at=began, ends_at=began + timedelta(minutes=30))
    with pytest.raises(Invalid, match="over already"):
        change_meeting(meeting.pk, by=ann, minutes=15)
    assert change_meeting(meeting.pk, by=ann, minutes=60).ends_at == began + timedelta(hours=1)


# Envelopes ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def vendor(ticket: Ticket) -> Envelope:
    made: Envelope = EnvelopeFactory(
        ticket=ticket, kind="external_vendor", expert=AgentFactory(), vendor_addresses=["otto@vendor.test"]
    )
    return made


def a_customer_now(ticket: Ticket, ann: Agent) -> None:
    add_participants(ticket.pk, contacts=[ContactFactory(email="otto@vendor.test")], by=ann)


def test_whoever_has_joined_the_customers_side_is_told_no_change(
    vendor: Envelope, ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar
) -> None:
    people = ["ann@desk.test", "otto@vendor.test"]
    meeting = arrange_meeting(ticket.pk, wanted(attendees=people), by=ann, envelope_id=vendor.pk)
    send()
    a_customer_now(ticket, ann)
    with pytest.raises(Invalid, match=r"otto@vendor\.test"):
        change_meeting(meeting.pk, by=ann, title="What we think of Otto")
    change_meeting(meeting.pk, by=ann, title="What we think of Otto", attendees=["ann@desk.test"])
    send()
    assert (calendar.made[0].title, calendar.made[0].attendees) == ("What we think of Otto", ["ann@desk.test"])


def test_on_its_way_it_stops_before_one_who_takes_part_no_longer(
    vendor: Envelope, ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar
) -> None:
    people = ["ann@desk.test", "otto@vendor.test"]
    made = arrange_meeting(ticket.pk, wanted(attendees=people), by=ann, envelope_id=vendor.pk)
    send()
    change_meeting(made.pk, by=ann, title="What we think of Otto")
    new = arrange_meeting(ticket.pk, wanted(attendees=people), by=ann, envelope_id=vendor.pk)
    a_customer_now(ticket, ann)
    send()
    assert [(fresh(one).state, fresh(one).in_calendar.last_error["code"]) for one in (made, new)] == [
        ("failed", "meeting_stranger")
    ] * 2
    assert calendar.told == [("invited", "Look at the printer", "")]
    cancel_meeting(made.pk, by=ann)
    send()
    assert calendar.told[1:] == [("cancelled", "Look at the printer", "")]
