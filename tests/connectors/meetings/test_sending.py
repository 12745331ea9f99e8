"""Meetings on their way to the calendar: each comes to be one event, whatever is lost on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from connectors.base.models import Connection, Gate
from connectors.meetings.calendars import SharedCalendar
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.services import (
    arrange_meeting,
    cancel_meeting,
    change_meeting,
    retry_meeting,
    send_due_meetings,
    sending,
)
from connectors.meetings.wording import EVENTS
from core import steps
from core.errors import DomainError
from core.events import deliver_all
from notifications.models import Notification
from notifications.wording import describe
from tests.concurrency import in_parallel
from tests.connectors.meetings.conftest import ADDRESS, SOON, fresh, send, wanted
from tests.factories import AgentFactory
from tests.fakes.graph_calendar import Calendar
from tests.fakes.microsoft import MicrosoftFake, once, refusal, throttled
from tests.fakes.serving import Reply
from tickets.models import Ticket, TimelineEntry

pytestmark = pytest.mark.django_db
CUT = Reply(0, hangs_up=True)


@pytest.fixture
def meeting(ticket: Ticket, ann: Agent, connection: Connection) -> Meeting:
    return arrange_meeting(ticket.pk, wanted(), by=ann)


def lines(ticket: Ticket) -> list[str]:
    found = TimelineEntry.objects.filter(ticket=ticket, facts__event__in=EVENTS).order_by("seq")
    return [entry.facts["event"].removeprefix("meeting_") for entry in found]


def test_a_meeting_is_made_with_its_people_in_utc_and_escaped(
    meeting: Meeting, ticket: Ticket, calendar: Calendar, fake: MicrosoftFake
) -> None:
    fake.calls.clear()
    send()
    (event,) = calendar.made
    assert event.title == f"Look at the printer [{ticket.reference}]"
    assert event.attendees == ["ann@desk.test", "dana@customer.test"]
    assert event.values["start"] == {"dateTime": SOON.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"}
    assert event.values["transactionId"] == str(meeting.pk)
    assert (event.values["isOnlineMeeting"], event.values["sensitivity"]) == (True, "normal")
    assert event.values["responseRequested"] is True
    assert "Bring the &lt;cable&gt; &amp; a lamp." in event.values["body"]["content"]
    assert ticket.reference in event.values["body"]["content"]
    now = fresh(meeting)
    assert (now.state, now.in_calendar.join_url) == ("arranged", event.shown()["onlineMeeting"]["joinUrl"])
    assert [call.method for call in fake.calls] == ["POST"]
    assert lines(ticket) == ["arranged"]


def test_without_teams_there_is_nothing_to_join(
    ticket: Ticket, ann: Agent, connection: Connection, calendar: Calendar
) -> None:
    meeting = arrange_meeting(ticket.pk, wanted(is_online=False), by=ann)
    send()
    assert "isOnlineMeeting" not in calendar.made[0].values
    assert fresh(meeting).in_calendar.join_url == ""


@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "reply", [CUT, refusal(504, "UnknownError"), throttled(1), refusal(503, "Busy")], ids=["cut", "504", "429", "503"]
)
def test_one_event_however_the_requests_fail(
    reply: Reply, late: bool, times: int, meeting: Meeting, calendar: Calendar, fake: MicrosoftFake
) -> None:
    (fake.late_faults if late else fake.faults).append(once(reply, times=times, path="/events"))
    for _try in range(times + 3):
        send()
    assert len(calendar.made) == 1
    assert calendar.told == [("invited", calendar.made[0].title, "")]
    assert fresh(meeting).state == "arranged"


def test_one_event_where_the_service_forgets_transactions_and_shows_it_late(
    meeting: Meeting, calendar: Calendar, fake: MicrosoftFake
) -> None:
    calendar.forgets_transactions = True
    fake.late_faults.append(once(CUT, path="/events"))
    send()
    send()
    assert len(calendar.made) == 1
    assert fresh(meeting).state == "arranged"


def test_a_change_is_told_once_though_its_answer_was_lost(
    meeting: Meeting, ticket: Ticket, ann: Agent, calendar: Calendar, fake: MicrosoftFake
) -> None:
    send()
    change_meeting(meeting.pk, by=ann, starts_at=SOON + timedelta(hours=1))
    fake.late_faults.append(once(CUT, times=2, path="/events/"))
    for _try in range(4):
        send()
    assert [what for what, _title, _word in calendar.told] == ["invited", "changed"]
    assert calendar.made[0].values["start"]["dateTime"] == f"{SOON + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    assert fresh(meeting).state == "arranged"
    assert lines(ticket) == ["arranged", "moved"]


def test_a_change_before_it_was_sent_is_sent_with_it(meeting: Meeting, ann: Agent, calendar: Calendar) -> None:
    change_meeting(meeting.pk, by=ann, title="Another title", attendees=["bob@else.test"])
    send()
    assert [what for what, _title, _word in calendar.told] == ["invited"]
    assert (calendar.made[0].title[:13], calendar.made[0].attendees) == ("Another title", ["bob@else.test"])


def test_a_change_while_it_is_sent_follows(
    meeting: Meeting, ann: Agent, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = SharedCalendar.create

    def meanwhile(self: SharedCalendar, wanted_: Meeting) -> object:
        monkeypatch.undo()
        change_meeting(meeting.pk, by=ann, title="Changed meanwhile")
        return create(self, wanted_)

    monkeypatch.setattr(SharedCalendar, "create", meanwhile)
    send()
    assert fresh(meeting).state == "sending"
    send()
    assert calendar.made[0].title.startswith("Changed meanwhile")
    assert (fresh(meeting).state, len(calendar.made)) == ("arranged", 1)


def test_cancelling_tells_the_people_once(
    meeting: Meeting, ticket: Ticket, ann: Agent, calendar: Calendar, fake: MicrosoftFake
) -> None:
    send()
    cancel_meeting(meeting.pk, by=ann, farewell="It prints again.")
    fake.late_faults.append(once(CUT, path="/cancel"))
    send()
    send()
    assert calendar.told[1:] == [("cancelled", calendar.made[0].title, "It prints again.")]
    assert fresh(meeting).state == "cancelled"
    assert lines(ticket) == ["arranged", "cancelled"]


def test_cancelled_before_it_was_sent_it_is_never_made(meeting: Meeting, ann: Agent, fake: MicrosoftFake) -> None:
    cancel_meeting(meeting.pk, by=ann)
    send()
    assert [call for call in fake.calls if "/events" in call.path] == []
    assert fresh(meeting).state == "cancelled"


def test_cancelled_while_nobody_knows_whether_it_was_made(
    meeting: Meeting, ann: Agent, calendar: Calendar, fake: MicrosoftFake
) -> None:
    fake.late_faults.append(once(CUT, path="/events"))
    calendar.hides = 2
    send()
    cancel_meeting(meeting.pk, by=ann)
    send()
    send()
    assert fresh(meeting).state == "sending"  # it may still appear
    send()
    assert (fresh(meeting).state, calendar.standing) == ("cancelled", [])


def test_what_never_appears_is_cancelled_in_the_end(
    meeting: Meeting, ann: Agent, calendar: Calendar, fake: MicrosoftFake
) -> None:
    fake.faults.append(once(CUT, path="/events"))
    send()
    cancel_meeting(meeting.pk, by=ann)
    CalendarCopy.objects.update(asked_at=timezone.now() - sending.SETTLES_AFTER)
    send()
    assert (fresh(meeting).state, calendar.made) == ("cancelled", [])


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.mark.parametrize("step", steps.declared("meetings"))
def test_a_worker_that_died_with_it_is_followed_by_one_that_looks(
    step: str, meeting: Meeting, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(reached: steps.Step) -> None:
        if str(reached) == step:
            raise Killed

    monkeypatch.setattr(steps.Step, "reached", die)
    with pytest.raises(Killed):
        send()
    monkeypatch.undo()
    assert send_due_meetings(now=timezone.now()) == 0  # still leased
    CalendarCopy.objects.update(leased_until=timezone.now())
    send()
    assert (len(calendar.made), fresh(meeting).state) == (1, "arranged")


def test_a_refused_one_fails_for_all_to_see_and_can_be_tried_again(
    meeting: Meeting, ticket: Ticket, ann: Agent, calendar: Calendar, fake: MicrosoftFake
) -> None:
    fake.faults.append(once(refusal(400, "ErrorInvalidRecipients"), path="/events"))
    send()
    now = fresh(meeting)
    assert (now.state, str(now.in_calendar.error)) == (
        "failed",
        "One of the attendees' addresses is not taken by the calendar. Correct it.",
    )
    assert lines(ticket) == ["arranged", "failed"]
    retry_meeting(meeting.pk, by=ann)
    send()
    assert (fresh(meeting).state, len(calendar.made)) == ("arranged", 1)


def test_cancelled_though_it_was_refused_it_is_not_cancelled_again(
    meeting: Meeting, ann: Agent, calendar: Calendar, fake: MicrosoftFake
) -> None:
    send()
    cancel_meeting(meeting.pk, by=ann)
    fake.late_faults.append(once(refusal(400, "ErrorInvalidRequest"), path="/cancel"))
    send()
    assert fresh(meeting).state == "failed"
    retry_meeting(meeting.pk, by=ann)
    send()
    assert (fresh(meeting).state, [what for what, *_more in calendar.told]) == ("cancelled", ["invited", "cancelled"])


def test_a_missing_permission_is_waited_for_and_told(
    meeting: Meeting, connection: Connection, fake: MicrosoftFake, calendar: Calendar
) -> None:
    fake.mailboxes[ADDRESS].is_closed = True
    send()
    now = fresh(meeting)
    assert (now.state, str(now.in_calendar.error)) == (
        "sending",
        f"The desk may not write in the calendar of {ADDRESS}; an admin has to allow it.",
    )
    connection.refresh_from_db()
    assert connection.last_failure["code"] == "ms_forbidden"
    fake.mailboxes[ADDRESS].is_closed = False
    send()
    assert (fresh(meeting).state, len(calendar.made)) == ("arranged", 1)


def test_429_is_waited_for_as_long_as_asked(meeting: Meeting, fake: MicrosoftFake) -> None:
    fake.faults.append(once(throttled(600), path="/events"))
    Gate.objects.all().delete()
    send_due_meetings()
    now = fresh(meeting).in_calendar
    assert now.next_attempt_at is not None
    assert timedelta(minutes=9) < now.next_attempt_at - timezone.now() <= timedelta(minutes=10)


def test_after_a_day_it_fails(meeting: Meeting, ticket: Ticket, fake: MicrosoftFake) -> None:
    CalendarCopy.objects.update(queued_at=timezone.now() - timedelta(hours=24), attempts=8)
    fake.faults.append(once(refusal(503, "Busy"), path="/events"))
    send()
    assert fresh(meeting).state == "failed"
    assert lines(ticket)[-1] == "failed"


def test_switched_off_it_waits(meeting: Meeting, connection: Connection, calendar: Calendar) -> None:
    Connection.objects.filter(pk=connection.pk).update(is_active=False)
    send()
    assert str(fresh(meeting).in_calendar.error).startswith("The connection to the calendar is switched off")
    Connection.objects.filter(pk=connection.pk).update(is_active=True)
    send()
    assert len(calendar.made) == 1


def test_what_is_gone_from_the_calendar_is_not_made_anew(
    meeting: Meeting, ticket: Ticket, ann: Agent, calendar: Calendar
) -> None:
    send()
    calendar.take_out(calendar.made[0])
    change_meeting(meeting.pk, by=ann, title="Another title")
    send()
    assert (fresh(meeting).state, len(calendar.made)) == ("cancelled", 1)
    assert lines(ticket) == ["arranged", "changed", "cancelled"]
    assert TimelineEntry.objects.latest("seq").author_name == "Outlook"


def test_a_mailbox_that_is_gone_cancels_nothing(meeting: Meeting, ann: Agent, fake: MicrosoftFake) -> None:
    send()
    change_meeting(meeting.pk, by=ann, title="Another title")
    del fake.mailboxes[ADDRESS]
    send()
    now = fresh(meeting)
    assert (now.state, now.is_cancelled) == ("failed", False)
    assert str(now.in_calendar.error) == "The mailbox whose calendar it is has gone, or has no calendar."


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(meeting: Meeting, calendar: Calendar) -> None:
    calendar.forgets_transactions = True
    outcomes = in_parallel(*[send_due_meetings] * 4)
    assert (sorted(outcomes), len(calendar.made)) == ([0, 0, 0, 1], 1)
    with pytest.raises(DomainError):
        retry_meeting(meeting.pk, by=meeting.arranged_by)


def test_what_is_over_before_it_was_sent_invites_nobody(
    meeting: Meeting, ticket: Ticket, calendar: Calendar, fake: MicrosoftFake
) -> None:
    fake.mailboxes[ADDRESS].is_closed = True
    send()
    fake.mailboxes[ADDRESS].is_closed = False
    over = timezone.now() - timedelta(minutes=1)
    Meeting.objects.update(starts_at=over - timedelta(hours=1), ends_at=over)
    send()
    now = fresh(meeting)
    assert (now.state, str(now.in_calendar.error)) == (
        "failed",
        "Its time was over before the calendar had taken it.",
    )
    assert (calendar.made, lines(ticket)) == ([], ["arranged", "failed"])


def test_whoever_has_arranged_it_is_told_that_it_failed(
    meeting: Meeting, ticket: Ticket, ann: Agent, fake: MicrosoftFake
) -> None:
    fake.faults.append(once(refusal(400, "ErrorInvalidRequest"), path="/events"))
    send()
    deliver_all()
    (row,) = Notification.objects.all()
    assert (row.recipient, row.event_type, row.ticket) == (ann, "meeting_failed", ticket)
    assert describe(row) == f"A meeting on {ticket.reference} is not in the calendar as it should be"


def test_once_they_have_left_the_owner_is_told(
    meeting: Meeting, ticket: Ticket, ann: Agent, fake: MicrosoftFake
) -> None:
    Meeting.objects.update(arranged_by=AgentFactory(is_active=False))
    fake.faults.append(once(refusal(400, "ErrorInvalidRequest"), path="/events"))
    send()
    deliver_all()
    assert [row.recipient for row in Notification.objects.all()] == [ann]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (refusal(400, "ErrorInvalidRequest"), "The calendar does not take it as it is. Change it, or ask an admin."),
        (refusal(503, "Busy"), "The calendar was not reached, or has asked for patience."),
        (CUT, "Whether the calendar has taken it is not known yet; it is looked for."),
    ],
    ids=["400", "503", "cut"],
)
def test_whoever_reads_along_learns_nothing_of_the_connection(
    reply: Reply, words: str, meeting: Meeting, fake: MicrosoftFake
) -> None:
    fake.faults.append(once(reply, path="/events"))
    send()
    assert str(fresh(meeting).in_calendar.error) == words


def test_the_chain_declares_its_steps() -> None:
    """A step that is taken away would take its test with it."""
    assert steps.declared("meetings") == ["meetings.asked", "meetings.made", "meetings.brought"]
