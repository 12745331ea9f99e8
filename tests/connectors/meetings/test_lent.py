"""A calendar signs in as another connection: what is wrong with that is told there, and its own faults stop no mail."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent
from connectors.base.enums import ConnectionState
from connectors.base.models import Connection, Gate
from connectors.base.selectors import standing_of
from connectors.base.services import run_due_test
from connectors.base.telling import tell_due
from connectors.meetings.kind import CALENDAR
from connectors.meetings.models import CalendarCopy
from connectors.meetings.services import arrange_meeting, send_due_meetings
from connectors.microsoft365 import identity
from connectors.microsoft365.graph import account_of
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe
from tests.connectors.meetings.conftest import fresh, send, wanted
from tests.fakes.microsoft import MicrosoftFake, refusal
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(connection: Connection) -> Connection:
    found: Connection = Connection.objects.get(kind="microsoft365")
    return found


def told(person: Agent) -> list[str]:
    deliver_due(limit=1000)
    return [describe(row) for row in Notification.objects.filter(recipient=person).order_by("created_at", "id")]


def test_a_refused_sign_in_is_told_once_and_of_the_connection_whose_it_is(
    connection: Connection, application: Connection, admin: Agent, ann: Agent, ticket: Ticket, fake: MicrosoftFake
) -> None:
    """Again and again by a process that has a token still, and by one that has none any more."""
    arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    with_token, fake.secret = dict(identity._held), "renewed"
    for _ in range(3):
        identity._held.clear()
        arrange_meeting(ticket.pk, wanted(), by=ann)
        send()
        while run_due_test():
            pass
        application.refresh_from_db()
        assert application.last_failure_class == "credentials"
        tell_due()
        identity._held.update(with_token)
        send()
        assert CALENDAR.backlog(connection) == 0
        tell_due()
    assert [each for each in told(admin) if "“Calendar”" in each or "“Microsoft”" in each] == [
        "The connection “Microsoft” cannot sign in any more; what is to be done stands under Connections"
    ]
    identity._held.clear()
    assert [each.cure.code for each in CALENDAR.look_over(connection) if each.cure] == ["ms_secret_wrong"]


def test_the_calendar_says_by_whom_it_is_refused(
    connection: Connection, ann: Agent, ticket: Ticket, fake: MicrosoftFake
) -> None:
    fake.refused = "7000222"
    arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    connection.refresh_from_db()
    assert str(connection.failure) == "It signs in as “Microsoft”, which Microsoft refuses; mend it there."
    assert CALENDAR.backlog(connection) == 1
    fake.refused = ""
    send()
    assert CALENDAR.backlog(connection) == 0


def test_182_faults_of_the_calendar_open_its_own_circuit_which_page_and_test_go_by(
    connection: Connection, application: Connection, ann: Agent, ticket: Ticket, fake: MicrosoftFake
) -> None:
    fake.faults = [lambda call: refusal(500, "generalException") if "/events" in call.path else None]
    arrange_meeting(ticket.pk, wanted(), by=ann)
    for _ in range(6):
        Gate.objects.update(paused_until=None)
        CalendarCopy.objects.update(next_attempt_at="2020-01-01T00:00Z")
        send_due_meetings()
    assert standing_of([connection])[0].state == ConnectionState.BROKEN_OFF
    assert Gate.objects.filter(account=account_of(application.settings), failures__gt=0).count() == 0
    fake.faults = []
    Connection.objects.filter(pk=connection.pk).update(test_due_at="2020-01-01T00:00Z")
    Gate.objects.update(open_until="2020-01-01T00:00Z")
    while run_due_test():
        pass
    connection.refresh_from_db()
    assert [each["state"] for each in connection.findings] == ["fine"] * 3
    assert standing_of([connection])[0].state != ConnectionState.BROKEN_OFF


def test_182_patience_that_the_tenant_asks_for_holds_calendars_back_too(
    connection: Connection, application: Connection, ann: Agent, ticket: Ticket, fake: MicrosoftFake
) -> None:
    Gate.objects.create(account=account_of(application.settings), paused_until=timezone.now() + timedelta(hours=1))
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    send_due_meetings()
    assert (fresh(meeting).state, CALENDAR.backlog(connection)) == ("sending", 1)
    assert [call for call in fake.calls if "/events" in call.path] == []
