"""Whatever people, Outlook and the network do in whichever order: one event a meeting, and in the end the calendar has
what the desk wants.
"""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Agent
from connectors.base.models import Connection, Gate
from connectors.meetings.models import Meeting
from connectors.meetings.services import arrange_meeting, cancel_meeting, change_meeting, retry_meeting
from core.errors import DomainError
from tests.connectors.meetings.conftest import ADDRESS, SOON, fresh, send, wanted
from tests.fakes.microsoft import Mailbox, MicrosoftFake, once, refusal, throttled
from tests.fakes.serving import Reply
from tests.scale import full_size
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
FAULTS = {
    "cut": Reply(0, hangs_up=True),
    "504": refusal(504, "UnknownError"),
    "429": throttled(1),
    "400": refusal(400, "ErrorInvalidRequest"),
    "403": refusal(403, "ErrorAccessDenied"),
}
steps = st.one_of(
    st.just("send"),
    st.just("cancel"),
    st.just("retry"),
    st.sampled_from(["title 1", "title 2", "hours 1", "hours 2", "people"]),
    st.tuples(st.sampled_from(["before", "after"]), st.sampled_from(list(FAULTS))),
)


def take(step: object, meeting: Meeting, ann: Agent, fake: MicrosoftFake) -> None:
    match step:
        case "send":
            send()
        case "cancel":
            cancel_meeting(meeting.pk, by=ann)
        case "retry":
            retry_meeting(meeting.pk, by=ann)
        case "people":
            change_meeting(meeting.pk, by=ann, attendees=["bob@else.test"])
        case ("before", name):
            fake.faults.append(once(FAULTS[str(name)], path="/events"))
        case ("after", name):
            fake.late_faults.append(once(FAULTS[str(name)], path="/events"))
        case str(other) if other.startswith("title"):
            change_meeting(meeting.pk, by=ann, title=other)
        case str(other):
            change_meeting(meeting.pk, by=ann, starts_at=SOON + timedelta(hours=int(other[-1])))


@given(acts=st.lists(steps, max_size=12))
@settings(max_examples=full_size(400), deadline=None, suppress_health_check=list(HealthCheck))
def test_one_event_that_ends_as_the_desk_wants_it(
    acts: list[object], ticket: Ticket, ann: Agent, connection: Connection, fake: MicrosoftFake
) -> None:
    fake.mailboxes, fake.faults, fake.late_faults = {ADDRESS: Mailbox()}, [], []
    point = transaction.savepoint()
    try:
        meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
        for act in acts:
            with suppress(DomainError):
                take(act, meeting, ann, fake)
        fake.faults, fake.late_faults = [], []
        Gate.objects.all().delete()
        with suppress(DomainError):
            retry_meeting(meeting.pk, by=ann)
        for _round in range(3):
            send()
        calendar, now = fake.mailboxes[ADDRESS].calendar, fresh(meeting)
        assert len(calendar.made) <= 1
        if not now.is_cancelled:
            (event,) = calendar.standing
            assert event.title == f"{now.title} [{ticket.reference}]"
            assert event.values["start"]["dateTime"] == f"{now.starts_at:%Y-%m-%dT%H:%M:%S}"
            assert (event.attendees, now.state) == (now.attendees, "arranged")
        if now.state == "cancelled":
            assert calendar.standing == []
        elif now.is_cancelled:  # whether it was made will be known once it would have appeared
            assert (now.state, now.in_calendar.event_id) == ("sending", "")
    finally:
        transaction.savepoint_rollback(point)
