from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from connectors.base import client
from connectors.base.models import Connection, Gate
from connectors.base.services import add_connection
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.services import Wanted, send_due_meetings
from connectors.microsoft365 import identity
from tests.factories import AgentFactory, ContactFactory, TicketFactory
from tests.fakes.graph_calendar import Calendar
from tests.fakes.microsoft import CLIENT, SECRET, TENANT, Mailbox, MicrosoftFake, microsoft
from tests.fakes.serving import ca_file
from tickets.models import Ticket

ADDRESS = "support@desk.test"


@pytest.fixture(scope="module")
def serving() -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        yield made


@pytest.fixture
def fake(serving: MicrosoftFake, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[MicrosoftFake]:
    monkeypatch.setattr(client, "own_pause", lambda _attempt: 0.0)
    settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = serving.base, serving.login
    settings.MSGRAPH_CA_FILE = ca_file()
    serving.mailboxes = {ADDRESS: Mailbox()}
    serving.faults, serving.late_faults, serving.calls = [], [], []
    serving.roles, serving.secret, serving.refused = ("Calendars.ReadWrite",), SECRET, ""
    yield serving
    serving.check()
    identity._held.clear()


@pytest.fixture
def calendar(fake: MicrosoftFake) -> Calendar:
    return fake.mailboxes[ADDRESS].calendar


@pytest.fixture
def admin(db: None) -> Agent:
    made: Agent = AgentFactory(name="Ada", roles=[Role.ADMIN])
    return made


@pytest.fixture
def connection(admin: Agent) -> Connection:
    """A calendar for all teams."""
    values = {"tenant_id": TENANT, "client_id": CLIENT}
    application = add_connection(
        "microsoft365", by=admin, name="Microsoft", settings=values, secrets={"client_secret": SECRET}
    )
    own = {"microsoft365": str(application.pk), "mailbox": ADDRESS, "meets_for": "all"}
    return add_connection("calendar", by=admin, name="Calendar", settings=own)


@pytest.fixture
def ann(db: None) -> Agent:
    made: Agent = AgentFactory(name="Ann", email="ann@desk.test", timezone="Europe/Berlin")
    return made


@pytest.fixture
def ticket(ann: Agent) -> Ticket:
    made: Ticket = TicketFactory(owner=ann, requester=ContactFactory(email="dana@customer.test"), subject="Printer")
    return made


SOON = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)


def wanted(**more: object) -> Wanted:
    given = {
        "title": "Look at the printer",
        "starts_at": SOON,
        "minutes": 30,
        "attendees": ["ann@desk.test", "Dana@customer.test"],
        "text": "Bring the <cable> & a lamp.",
    } | more
    return Wanted(**given)  # type: ignore[arg-type]  # as it takes them


def send() -> None:
    """Whatever waits and nobody is at, as if all pauses were over."""
    Gate.objects.all().delete()
    CalendarCopy.objects.waiting().update(next_attempt_at=timezone.now())
    send_due_meetings()


def fresh(meeting: Meeting) -> Meeting:
    return Meeting.objects.with_all().get(pk=meeting.pk)
