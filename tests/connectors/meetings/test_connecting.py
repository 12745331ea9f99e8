"""The connection to a calendar: what a test of it says, and what its page shows."""

import pytest

from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.services import add_connection, change_connection, run_due_test
from connectors.meetings.kind import CALENDAR
from connectors.meetings.services import arrange_meeting
from core.errors import Invalid
from core.metrics import sources
from tests.api.conftest import signed_in
from tests.connectors.meetings.conftest import ADDRESS, SOON, fresh, send, wanted
from tests.factories import AgentFactory, ApiClientFactory, EnvelopeFactory
from tests.fakes.microsoft import MicrosoftFake
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def found(connection: Connection) -> list[tuple[str, str, str]]:
    return [
        (str(one.state), one.what.code, one.cure.code if one.cure else "") for one in CALENDAR.look_over(connection)
    ]


def test_a_test_looks_at_each_thing_that_is_needed(connection: Connection, fake: MicrosoftFake) -> None:
    assert found(connection) == [
        ("fine", "ms_signs_in", ""),
        ("fine", "ms_permission", ""),
        ("fine", "calendar_of", ""),
    ]
    while run_due_test():
        pass
    connection.refresh_from_db()
    assert [one["state"] for one in connection.findings] == ["fine"] * 3


@pytest.mark.parametrize(
    ("roles", "is_closed", "said"),
    [
        (("Mail.Send",), True, [("missing", "ms_grant"), ("missing", "ms_mailbox_scope")]),
        ((), False, [("unclear", "ms_grant_scoped"), ("fine", "")]),
        (("Calendars.ReadWrite",), True, [("fine", ""), ("missing", "ms_mailbox_scope")]),
    ],
    ids=["no role", "scoped", "out of scope"],
)
def test_what_is_missing_is_said_exactly(
    roles: tuple[str, ...], is_closed: bool, said: list[tuple[str, str]], connection: Connection, fake: MicrosoftFake
) -> None:
    fake.roles, fake.mailboxes[ADDRESS].is_closed = roles, is_closed
    assert [(state, cure) for state, _what, cure in found(connection)[1:]] == said


def test_a_mailbox_that_does_not_exist_is_told(connection: Connection, fake: MicrosoftFake) -> None:
    fake.mailboxes.clear()
    assert found(connection)[-1] == ("missing", "calendar_of", "ms_mailbox_unknown")


def test_without_the_connection_that_signs_in_it_says_so_and_nothing_is_lost(
    connection: Connection, ticket: Ticket, ann: Agent, fake: MicrosoftFake
) -> None:
    Connection.objects.filter(kind="microsoft365").update(is_active=False)
    assert found(connection) == [("missing", "ms_signs_in", "calendar_graph_missing")]
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    assert (
        str(fresh(meeting).in_calendar.error) == "The desk cannot sign in to the calendar; an admin has to mend that."
    )
    connection.refresh_from_db()
    assert connection.last_failure["code"] == "calendar_graph_missing"
    assert CALENDAR.backlog(connection) == 1
    Connection.objects.filter(kind="microsoft365").update(is_active=True)
    send()
    assert (fresh(meeting).state, CALENDAR.backlog(connection)) == ("arranged", 0)


@pytest.mark.parametrize("field", ["microsoft365", "mailbox", "meets_for"])
def test_settings_that_cannot_serve_are_refused(field: str, connection: Connection, admin: Agent) -> None:
    for value in ("", "nobody"):
        with pytest.raises(Invalid) as refusal:
            add_connection("calendar", by=admin, name="Other", settings=connection.settings | {field: value})
        assert list(refusal.value.fields) == [field]


def test_the_same_meetings_have_one_calendar(connection: Connection, admin: Agent) -> None:
    with pytest.raises(Invalid, match="“Calendar” takes these already"):
        add_connection("calendar", by=admin, name="Other", settings=connection.settings)
    resting = add_connection("calendar", by=admin, name="Other", settings=connection.settings, is_active=False)
    resting.is_active = True
    with pytest.raises(Invalid):
        change_connection(resting, by=admin, settings=resting.settings)
    connection.name = "As it was"
    change_connection(connection, by=admin, settings=connection.settings)


def test_operators_see_how_many_wait(connection: Connection, ticket: Ticket, ann: Agent) -> None:
    arrange_meeting(ticket.pk, wanted(), by=ann)
    gauges = {gauge.name: gauge.value for source in sources for gauge in source(SOON)}
    assert (gauges["meetings_waiting"], gauges["meetings_failed"]) == (1, 0)


# The API --------------------------------------------------------------------------------------------------------------


def test_the_api_arranges_changes_and_cancels(
    connection: Connection, ticket: Ticket, ann: Agent, fake: MicrosoftFake
) -> None:
    api = signed_in(ann)
    asked = {"title": "Look", "starts_at": SOON.isoformat(), "attendees": ["dana@customer.test"]}
    made = api.post(f"/api/v1/tickets/{ticket.reference}/meetings/", asked, content_type="application/json")
    assert made.status_code == 201
    body = made.json()
    assert (body["ticket"], body["state"], body["minutes"], body["join_url"]) == (ticket.reference, "sending", 30, "")
    send()
    here = f"/api/v1/meetings/{body['id']}/"
    now = api.get(here).json()
    assert (now["state"], now["attendees"]) == ("arranged", [{"email": "dana@customer.test", "answer": "none"}])
    assert now["join_url"].startswith("https://")
    no_version = api.patch(here, {"title": "Other"}, content_type="application/json")
    assert (no_version.status_code, no_version.json()["code"]) == (400, "validation_error")
    changed = api.patch(here, {"minutes": 60, "version": 1}, content_type="application/json")
    assert (changed.json()["minutes"], changed.json()["version"], changed.json()["state"]) == (60, 2, "sending")
    ended = api.post(f"{here}cancel/", {"farewell": "Done."}, content_type="application/json").json()
    assert (ended["is_cancelled"], ended["state"]) == (True, "sending")
    assert [row["id"] for row in api.get(f"/api/v1/tickets/{ticket.reference}/meetings/").json()["results"]] == [
        body["id"]
    ]


def test_the_api_says_why_there_is_no_calendar(ticket: Ticket, ann: Agent) -> None:
    asked = {"title": "Look", "starts_at": SOON.isoformat(), "attendees": ["dana@customer.test"]}
    answer = signed_in(ann).post(
        f"/api/v1/tickets/{ticket.reference}/meetings/", asked, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "no_calendar")
    assert "No calendar is connected" in answer.json()["detail"]


def test_a_moment_without_its_offset_is_none(connection: Connection, ticket: Ticket, ann: Agent) -> None:
    asked = {"title": "Look", "starts_at": "2026-12-01T10:00:00", "attendees": ["dana@customer.test"]}
    answer = signed_in(ann).post(
        f"/api/v1/tickets/{ticket.reference}/meetings/", asked, content_type="application/json"
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["starts_at"])


def test_a_list_of_meetings_costs_as_much_for_three_as_for_one(
    connection: Connection, ticket: Ticket, ann: Agent
) -> None:
    from django.db import connection as database
    from django.test.utils import CaptureQueriesContext

    api, here = signed_in(ann), f"/api/v1/tickets/{ticket.reference}/meetings/"
    counts = []
    for _number in range(3):
        arrange_meeting(ticket.pk, wanted(), by=ann)
        api.get(here)
        with CaptureQueriesContext(database) as statements:
            api.get(here)
        counts.append(len(statements))
    assert counts[0] == counts[2]


def test_programs_find_no_meeting_of_an_envelope(connection: Connection, ticket: Ticket, ann: Agent) -> None:
    envelope = EnvelopeFactory(ticket=ticket, expert=AgentFactory(email="nina@desk.test"))
    inside = arrange_meeting(ticket.pk, wanted(attendees=["nina@desk.test"]), by=ann, envelope_id=envelope.pk)
    api = signed_in(ApiClientFactory(teams=[ticket.team], scopes=["tickets:read", "tickets:read:all"]))
    assert api.get(f"/api/v1/tickets/{ticket.reference}/meetings/").json()["results"] == []
    assert api.get(f"/api/v1/meetings/{inside.pk}/").status_code == 404
