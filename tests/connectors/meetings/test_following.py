"""What happens to meetings in Outlook comes back to the desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.meetings.calendars import SharedCalendar, Told
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.services import arrange_meeting, cancel_meeting, change_meeting, follow_due_meetings
from tests.connectors.meetings.conftest import ADDRESS, SOON, fresh, send, wanted
from tests.fakes.graph_calendar import Calendar, Event
from tests.fakes.microsoft import MicrosoftFake, refusal
from tickets.models import Ticket, TimelineEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def meeting(ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar) -> Meeting:
    made = arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    return made


@pytest.fixture
def event(meeting: Meeting, calendar: Calendar) -> Event:
    return calendar.made[0]


def look() -> int:
    return follow_due_meetings(now=timezone.now() + timedelta(minutes=16))


def newest(ticket: Ticket) -> tuple[str, str]:
    entry = TimelineEntry.objects.filter(ticket=ticket).latest("seq")
    return entry.facts["event"], entry.author_name


def test_answers_come_back_and_make_no_noise(meeting: Meeting, ticket: Ticket, event: Event) -> None:
    event.answer("dana@customer.test", "accepted")
    event.answer("ann@desk.test", "declined")
    assert look() == 1
    now = fresh(meeting)
    assert now.in_calendar.answers == {"dana@customer.test": "accepted", "ann@desk.test": "declined"}
    assert (newest(ticket)[0], now.version) == ("meeting_arranged", meeting.version)


def test_moved_in_outlook_it_is_moved_here(meeting: Meeting, ticket: Ticket, event: Event) -> None:
    event.move(SOON + timedelta(hours=2), SOON + timedelta(hours=3))
    look()
    now = fresh(meeting)
    assert (now.starts_at, now.minutes) == (SOON + timedelta(hours=2), 60)
    assert newest(ticket) == ("meeting_moved", "Outlook")
    assert now.version == meeting.version + 1


def test_another_title_and_other_people_are_taken_over(meeting: Meeting, ticket: Ticket, event: Event) -> None:
    event.values["subject"] = f"Look again [{ticket.reference}]"
    event.values["attendees"].append({"emailAddress": {"address": "Bob@customer.test"}, "type": "optional"})
    look()
    now = fresh(meeting)
    assert (now.title, now.attendees[-1]) == ("Look again", "bob@customer.test")
    assert newest(ticket) == ("meeting_changed", "Outlook")
    assert follow_due_meetings(now=timezone.now() + timedelta(minutes=40)) == 1
    assert fresh(meeting).version == now.version  # nothing new was found


@pytest.mark.parametrize("is_deleted", [True, False], ids=["deleted", "cancelled"])
def test_taken_out_in_outlook_it_is_cancelled_here(
    is_deleted: bool, meeting: Meeting, ticket: Ticket, event: Event, calendar: Calendar
) -> None:
    if is_deleted:
        calendar.take_out(event)
    else:
        event.is_cancelled = True
    look()
    assert fresh(meeting).state == "cancelled"
    assert newest(ticket) == ("meeting_cancelled", "Outlook")
    assert CalendarCopy.objects.get().look_due_at is None
    send()
    assert [what for what, _title, _word in calendar.told] == ["invited"]


def test_a_mailbox_that_is_gone_or_shut_cancels_nothing(meeting: Meeting, fake: MicrosoftFake) -> None:
    mailbox = fake.mailboxes.pop(ADDRESS)
    look()
    fake.mailboxes[ADDRESS] = mailbox
    mailbox.is_closed = True
    follow_due_meetings(now=timezone.now() + timedelta(minutes=40))
    fake.faults.append(lambda _call: refusal(503, "Busy"))
    follow_due_meetings(now=timezone.now() + timedelta(minutes=70))
    assert fresh(meeting).state == "arranged"


def test_only_what_lies_ahead_is_looked_at(meeting: Meeting, fake: MicrosoftFake) -> None:
    assert follow_due_meetings(now=timezone.now() + timedelta(minutes=14)) == 0
    fake.calls.clear()
    assert look() == 1
    assert len(fake.calls) == 1
    assert follow_due_meetings(now=SOON + timedelta(hours=1)) == 1
    assert follow_due_meetings(now=SOON + timedelta(days=1)) == 0


def test_the_desks_word_goes_before_an_older_look(
    meeting: Meeting, ann: Agent, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = SharedCalendar.get

    def meanwhile(self: SharedCalendar, event_id: str) -> Told:
        told = get(self, event_id)
        change_meeting(meeting.pk, by=ann, starts_at=SOON + timedelta(hours=5))
        return told

    monkeypatch.setattr(SharedCalendar, "get", meanwhile)
    event.move(SOON + timedelta(hours=2), SOON + timedelta(hours=3))
    look()
    assert fresh(meeting).starts_at == SOON + timedelta(hours=5)


def test_what_waits_or_is_cancelled_is_not_looked_at(meeting: Meeting, ann: Agent, fake: MicrosoftFake) -> None:
    cancel_meeting(meeting.pk, by=ann)
    assert look() == 0
    send()
    assert look() == 0


def test_what_cannot_be_read_stays_as_it_was(meeting: Meeting, event: Event) -> None:
    event.values["start"] = {"dateTime": "soon", "timeZone": "Nowhere/Land"}
    event.values["attendees"] = []
    look()
    now = fresh(meeting)
    assert (now.starts_at, now.attendees) == (meeting.starts_at, meeting.attendees)


def test_times_in_another_zone_are_the_same_moment(meeting: Meeting, event: Event) -> None:
    event.values["start"] = {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "Europe/Berlin"}
    event.values["end"] = {"dateTime": "2026-12-01T11:00:00.0000000", "timeZone": "Europe/Berlin"}
    look()
    assert fresh(meeting).starts_at.isoformat() == "2026-12-01T09:00:00+00:00"
