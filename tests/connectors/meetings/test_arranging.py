"""Who arranges meetings of what, with whom, when; who learns of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.meetings.errors import MeetingForbidden, MeetingNotFailed, MeetingOver, NoCalendar
from connectors.meetings.models import Meeting
from connectors.meetings.selectors import meetings_seen_by
from connectors.meetings.services import arrange_meeting, cancel_meeting, change_meeting, retry_meeting
from core.errors import DomainError, Invalid, NotFound, StaleVersion
from core.models import RefusedAct
from envelopes.errors import EnvelopeActForbidden, EnvelopeTransition
from envelopes.models import Envelope, EnvelopePost
from envelopes.services import complete_envelope
from tests.connectors.meetings.conftest import ADDRESS, SOON, fresh, send, wanted
from tests.factories import AgentFactory, ApiClientFactory, CompanyFactory, ContactFactory, EnvelopeFactory
from tests.fakes.graph_calendar import Calendar
from tickets.errors import NotOwner, TicketClosed
from tickets.models import Ticket, TimelineEntry
from tickets.services import accept_ticket, cancel_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connected(connection: Connection) -> None:
    """All of them have a calendar, unless they take it away."""


@pytest.fixture
def nina(db: None) -> Agent:
    made: Agent = AgentFactory(name="Nina", email="nina@desk.test")
    return made


@pytest.fixture
def envelope(ticket: Ticket, nina: Agent) -> Envelope:
    made: Envelope = EnvelopeFactory(ticket=ticket, expert=nina)
    return made


def nothing_happened() -> bool:
    return not Meeting.objects.exists() and not TimelineEntry.objects.filter(facts__has_key="meeting").exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "  ", "Give it a title"),
        ("title", "x" * 201, "Give it a title"),
        ("starts_at", timezone.now() - timedelta(minutes=1), "This moment is over"),
        ("starts_at", timezone.now() + timedelta(days=400), "within a year"),
        ("minutes", 4, "from 5 minutes to a day"),
        ("minutes", 1441, "from 5 minutes to a day"),
        ("attendees", [" "], "Invite at least one person."),
        ("attendees", ["dana"], "“dana” is not an e-mail address."),
        ("attendees", [f"p{number}@x.test" for number in range(51)], "At most 50 people."),
        ("text", "x" * 10_001, "At most 10000 characters."),
    ],
    ids=lambda value: "" if isinstance(value, list) or len(str(value)) > 40 else str(value).strip()[:12],
)
def test_what_cannot_be_is_said_at_its_field(field: str, value: object, words: str, ticket: Ticket, ann: Agent) -> None:
    with pytest.raises(Invalid) as refusal:
        arrange_meeting(ticket.pk, wanted(**{field: value}), by=ann)
    assert list(refusal.value.fields) == [field]
    assert words in str(refusal.value)
    assert nothing_happened()


def test_without_a_calendar_it_says_why(ticket: Ticket, ann: Agent, connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(is_active=False)
    with pytest.raises(NoCalendar, match="No calendar is connected for the team"):
        arrange_meeting(ticket.pk, wanted(), by=ann)
    assert nothing_happened()


def test_the_calendar_of_the_own_team_goes_before_the_one_for_all(
    ticket: Ticket, ann: Agent, admin: Agent, connection: Connection
) -> None:
    own = connection.settings | {"mailbox": "team@desk.test", "meets_for": f"team:{ticket.team_id}"}
    add_connection("calendar", by=admin, name="A team's", settings=own)
    assert arrange_meeting(ticket.pk, wanted(), by=ann).mailbox == "team@desk.test"


def test_whoever_is_not_the_owner_arranges_nothing_with_the_customer(ticket: Ticket) -> None:
    mate = AgentFactory(teams=[ticket.team])
    with pytest.raises(NotOwner):
        arrange_meeting(ticket.pk, wanted(), by=mate)
    with pytest.raises(MeetingForbidden):
        arrange_meeting(ticket.pk, wanted(), by=ApiClientFactory(teams=[ticket.team]))
    assert nothing_happened()


def test_on_a_closed_ticket_none_is_arranged_and_one_can_be_cancelled(ticket: Ticket, ann: Agent) -> None:
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    cancel_ticket(ticket.pk, by=ann, code="withdrawn")
    for act in (
        lambda: arrange_meeting(ticket.pk, wanted(), by=ann),
        lambda: change_meeting(meeting.pk, by=ann, title="Another"),
    ):
        with pytest.raises(TicketClosed):
            act()
    assert cancel_meeting(meeting.pk, by=ann).is_cancelled


def test_versions_are_asked_last(ticket: Ticket, ann: Agent) -> None:
    with pytest.raises(StaleVersion):
        arrange_meeting(ticket.pk, wanted(), by=ann, version=ticket.version + 7)
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    with pytest.raises(StaleVersion):
        change_meeting(meeting.pk, by=ann, title="Another", version=meeting.version + 1)
    with pytest.raises(StaleVersion):
        cancel_meeting(meeting.pk, by=ann, version=meeting.version + 1)
    assert (fresh(meeting).title, fresh(meeting).is_cancelled) == ("Look at the printer", False)


def test_sending_does_not_make_an_open_form_stale(ticket: Ticket, ann: Agent) -> None:
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    send()
    assert fresh(meeting).version == meeting.version


def test_what_is_over_does_not_change(ticket: Ticket, ann: Agent) -> None:
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    with pytest.raises(MeetingNotFailed):
        retry_meeting(meeting.pk, by=ann)
    cancel_meeting(meeting.pk, by=ann)
    for act in (lambda: change_meeting(meeting.pk, by=ann, title="x"), lambda: cancel_meeting(meeting.pk, by=ann)):
        with pytest.raises(MeetingOver):
            act()


def test_nothing_changed_is_nothing_done(ticket: Ticket, ann: Agent) -> None:
    meeting = arrange_meeting(ticket.pk, wanted(), by=ann)
    change_meeting(meeting.pk, by=ann, title="Look at  the printer", minutes=30)
    now = fresh(meeting)
    assert (now.version, now.in_calendar.wanted) == (1, 1)


# Envelopes ------------------------------------------------------------------------------------------------------------


def test_an_envelopes_meeting_is_known_to_its_readers_alone(
    envelope: Envelope, ticket: Ticket, nina: Agent, ann: Agent, calendar: Calendar
) -> None:
    mate = AgentFactory(teams=[ticket.team])
    people = ["ann@desk.test", "nina@desk.test"]
    meeting = arrange_meeting(ticket.pk, wanted(attendees=people), by=nina, envelope_id=envelope.pk)
    own = arrange_meeting(ticket.pk, wanted(title="With Dana"), by=ann)
    seen = {reader.name: set(meetings_seen_by(reader)) for reader in (nina, ann, mate)}
    assert seen == {nina.name: {meeting, own}, ann.name: {meeting, own}, mate.name: {own}}
    (entry,) = TimelineEntry.objects.filter(facts__meeting=str(meeting.pk))
    assert (entry.visibility, EnvelopePost.objects.get(entry=entry).envelope) == ("envelope_only", envelope)
    send()
    event = next(event for event in calendar.made if event.title == "Look at the printer")
    assert (event.values["sensitivity"], event.values["responseRequested"]) == ("private", False)
    assert "dana" not in str(event.values).lower()


@pytest.mark.parametrize("address", ["dana@customer.test", "boss@customer.test", "mate@desk.test", "who@else.test"])
def test_only_its_people_come_to_an_envelopes_meeting(
    address: str, envelope: Envelope, ticket: Ticket, nina: Agent
) -> None:
    company = CompanyFactory(domains=["customer.test"])
    ContactFactory(email="boss@customer.test", company=company)
    AgentFactory(email="mate@desk.test", teams=[ticket.team])
    with pytest.raises(Invalid, match=f"{address} takes no part in this envelope"):
        arrange_meeting(ticket.pk, wanted(attendees=["nina@desk.test", address]), by=nina, envelope_id=envelope.pk)
    assert nothing_happened()
    meeting = arrange_meeting(ticket.pk, wanted(attendees=["nina@desk.test"]), by=nina, envelope_id=envelope.pk)
    with pytest.raises(Invalid):
        change_meeting(meeting.pk, by=nina, attendees=[address])
    assert fresh(meeting).attendees == ["nina@desk.test"]


def test_an_agent_who_is_the_customer_here_is_not_invited(ticket: Ticket, ann: Agent) -> None:
    ContactFactory._meta.model.objects.filter(pk=ticket.requester_id).update(email="nina@desk.test")
    expert = AgentFactory(email="nina@desk.test")
    envelope = EnvelopeFactory(ticket=ticket, expert=expert)
    with pytest.raises(Invalid, match="takes no part"):
        arrange_meeting(ticket.pk, wanted(attendees=["nina@desk.test"]), by=ann, envelope_id=envelope.pk)


def test_a_vendor_is_invited_without_the_customers_reference(ticket: Ticket, ann: Agent, calendar: Calendar) -> None:
    vendor = EnvelopeFactory(
        ticket=ticket, kind="external_vendor", expert=AgentFactory(), vendor_addresses=["otto@vendor.test"]
    )
    people = {"attendees": ["ann@desk.test", "otto@vendor.test"], "text": "See the log."}
    for field in ("title", "text"):
        with pytest.raises(Invalid, match="it is the customer's reference"):
            arrange_meeting(
                ticket.pk, wanted(**people | {field: f"x {ticket.reference}"}), by=ann, envelope_id=vendor.pk
            )
    meeting = arrange_meeting(ticket.pk, wanted(**people), by=ann, envelope_id=vendor.pk)
    with pytest.raises(Invalid, match="it is the customer's reference"):
        cancel_meeting(meeting.pk, by=ann, farewell=f"Closed: {ticket.reference.lower()}")
    send()
    assert ticket.reference not in str(calendar.made[0].values)


def test_who_only_reads_an_envelope_arranges_nothing_in_it(envelope: Envelope, ticket: Ticket) -> None:
    auditor = AgentFactory(roles=[Role.AUDITOR])
    with pytest.raises(EnvelopeActForbidden):
        arrange_meeting(ticket.pk, wanted(), by=auditor, envelope_id=envelope.pk)
    assert RefusedAct.objects.latest("at").act == "arrange_meeting"
    assert nothing_happened()


def test_in_a_sealed_envelope_none_is_arranged(envelope: Envelope, ticket: Ticket, ann: Agent, nina: Agent) -> None:
    people = ["ann@desk.test", "nina@desk.test"]
    meeting = arrange_meeting(ticket.pk, wanted(attendees=people), by=ann, envelope_id=envelope.pk)
    complete_envelope(envelope.pk, by=nina, summary="Done.")
    with pytest.raises(EnvelopeTransition):
        arrange_meeting(ticket.pk, wanted(attendees=people), by=ann, envelope_id=envelope.pk)
    assert cancel_meeting(meeting.pk, by=ann).is_cancelled


def test_the_envelope_of_another_ticket_is_none_of_this_one(envelope: Envelope, ann: Agent) -> None:
    other = Ticket.objects.get(pk=EnvelopeFactory().ticket_id)
    with pytest.raises((NotFound, DomainError)):
        arrange_meeting(other.pk, wanted(), by=ann, envelope_id=envelope.pk)
    assert nothing_happened()


def test_our_own_mailboxes_are_not_invited(ticket: Ticket, ann: Agent) -> None:
    from tests.factories.mail import MailboxFactory

    MailboxFactory(address=ADDRESS)
    with pytest.raises(Invalid):
        arrange_meeting(ticket.pk, wanted(attendees=[ADDRESS]), by=ann)
    assert nothing_happened()


def test_a_deputy_arranges_for_the_absent_owner(ticket: Ticket, ann: Agent) -> None:
    from tests.factories import AbsenceFactory

    deputy = AgentFactory()
    AbsenceFactory(agent=ann, deputy=deputy)
    meeting = arrange_meeting(ticket.pk, wanted(starts_at=SOON), by=deputy)
    assert (meeting.arranged_by, meeting.starts_at) == (deputy, SOON)


def test_an_unowned_ticket_is_accepted_first(ann: Agent) -> None:
    from tests.factories import TicketFactory
    from tickets.errors import TicketUnowned

    ticket = TicketFactory(team=ann.teams.first()) if ann.teams.exists() else TicketFactory()
    mate = AgentFactory(teams=[ticket.team])
    with pytest.raises(TicketUnowned):
        arrange_meeting(ticket.pk, wanted(), by=mate)
    accept_ticket(ticket.pk, by=mate)
    assert arrange_meeting(ticket.pk, wanted(), by=mate).ticket == ticket
