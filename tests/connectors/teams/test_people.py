"""Teams as a channel of people: cards by a workflow or the activity feed, and the ladder where neither takes them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.failures import Transient
from connectors.base.models import Connection, Gate
from connectors.base.selectors import standing_of
from connectors.base.services import Health, add_connection, run_due_test
from connectors.microsoft365 import identity
from connectors.teams import activity
from connectors.teams.services import deliver_due_posts, send_test_card
from connectors.teams.way import TeamsWay
from core.events import deliver_all
from envelopes.services import open_envelope, redirect_envelope
from notifications.enums import Because, DeliveryStatus, EventType, Urgency
from notifications.models import Delivery, Notification
from notifications.preview import preview_of
from notifications.services import deliver_due, keep_preference, keep_quiet_hours, notify
from sla.reminders.models import Reminder
from sla.reminders.services import create_reminder, trigger_due_reminders
from tests.connectors.teams.conftest import Connecting
from tests.factories import AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tests.fakes.microsoft import CLIENT, SECRET, TENANT, MicrosoftFake, microsoft, once, refusal, throttled
from tests.fakes.serving import Call, Reply, ca_file
from tests.fakes.teams import Workflows, busy, buttons_of, texts_of
from tests.fakes.teams import once as once_
from tests.fakes.teams import refusal as refused
from tests.notifications.ways import Pigeons, pigeons
from tickets.services import accept_ticket, offer_ticket

pytestmark = pytest.mark.django_db
CANARY = "canary-5b2c"


@pytest.fixture
def push() -> Iterator[Pigeons]:
    with pigeons("push") as birds:
        yield birds


@pytest.fixture
def email() -> Iterator[Pigeons]:
    with pigeons("email") as birds:
        yield birds


def go(**later: float) -> None:
    deliver_all()
    while deliver_due(now=timezone.now() + timedelta(**later)):
        pass


def tell(agent: Agent, event: EventType, ticket, urgency: Urgency = Urgency.URGENT) -> None:
    facts = {"reference": ticket.reference, "subject": ticket.subject, "level": 2}
    notify([agent.pk], event, ticket_id=ticket.pk, dedupe_key=str(uuid4()), urgency=urgency, **facts)


def a_ticket(**more):
    contact = ContactFactory(first_name=CANARY, last_name=CANARY)
    return TicketFactory(subject=CANARY, requester=contact, **more)


def test_122_offer_and_envelope_request_come_to_teams_at_once_with_their_buttons(
    fake: Workflows, connecting: Connecting
) -> None:
    connecting("people")
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket = a_ticket(team=TeamFactory(lead=lead))
    nina = AgentFactory(email="nina@desk.example", teams=[ticket.team])
    offer_ticket(ticket.pk, to=nina, by=lead)
    go()
    owned = a_ticket(owner=AgentFactory(name=CANARY))
    open_envelope(owned.pk, by=owned.owner, assigned_to=nina, reason=CANARY)
    go()
    go(minutes=6)  # within five minutes of the first message there is no second one
    offer, request = fake.posted["flow"]
    assert offer["recipient"] == request["recipient"] == "nina@desk.example"
    assert list(buttons_of(offer)) == ["Accept ticket", "Open"]
    assert list(buttons_of(request)) == ["Accept", "Decline", "Open"]
    assert f"{owned.reference}: Help wanted" in texts_of(request)
    assert CANARY not in json.dumps(fake.posted)
    assert set(Delivery.objects.values_list("channel", "status")) == {("teams", "sent")}


def test_122_a_breach_comes_by_teams_and_push(fake: Workflows, connecting: Connecting, push: Pigeons) -> None:
    connecting("people")
    owner = AgentFactory()
    tell(owner, EventType.SLA_BREACH, a_ticket(owner=owner), Urgency.BREACH)
    go()
    assert (len(fake.cards("flow")), push.told(owner)) == (1, [["sla_breach"]])


def test_124_quiet_hours_hold_for_teams_and_not_for_a_breach(
    fake: Workflows, connecting: Connecting, push: Pigeons
) -> None:
    connecting("people")
    owner = AgentFactory(timezone="UTC")
    now = timezone.now()
    start, end = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
    keep_quiet_hours(owner, by=owner, quiet_from=start, quiet_to=end)
    tell(owner, EventType.ALERT, a_ticket(owner=owner))
    go()
    assert fake.cards("flow") == []
    tell(owner, EventType.SLA_BREACH, a_ticket(owner=owner), Urgency.BREACH)
    go()
    assert "Overdue" in texts_of(fake.cards("flow")[0])
    assert Delivery.objects.get(status=DeliveryStatus.DEFERRED).because == Because.QUIET_HOURS


def test_a_reminder_can_be_snoozed_or_done_from_its_card(fake: Workflows, connecting: Connecting) -> None:
    connecting("people")
    owner = AgentFactory()
    ticket = a_ticket(owner=owner)
    keep_preference(owner, EventType.REMINDER, by=owner, channels=["teams"])
    soon = timezone.now() + timedelta(minutes=1)
    create_reminder("custom", by=owner, ticket_id=ticket.pk, message=CANARY, trigger_at=soon)
    trigger_due_reminders(now=timezone.now() + timedelta(minutes=2))
    go()
    (card,) = fake.cards("flow")
    assert list(buttons_of(card)) == ["Done", "Snooze for 30 minutes", "Open"]
    assert CANARY not in json.dumps(card)


def test_what_is_out_of_sight_by_now_names_nothing_and_offers_nothing(fake: Workflows, connecting: Connecting) -> None:
    connecting("people")
    team = TeamFactory(lead=AgentFactory(roles=[Role.TEAM_LEAD]))
    ticket = a_ticket(team=team)
    nina = AgentFactory(teams=[team])
    offer_ticket(ticket.pk, to=nina, by=team.lead)
    deliver_all()
    nina.teams.clear()
    colleague = AgentFactory(teams=[team])
    accept_ticket(ticket.pk, by=colleague)
    Notification.objects.filter(event_type=EventType.OFFER_ENDED).delete()
    way, letters = TeamsWay(), []
    assert way.reaches(nina)
    go()
    letters = [texts_of(card) for card in fake.cards("flow")]
    assert ticket.reference not in " ".join(letters)
    assert not any("Accept" in card for card in letters)


def test_an_envelopes_card_is_for_those_alone_who_may_read_it(fake: Workflows, connecting: Connecting) -> None:
    connecting("people")
    ticket = a_ticket(owner=AgentFactory(name=CANARY))
    nina, noah = AgentFactory(teams=[ticket.team]), AgentFactory()
    envelope = open_envelope(ticket.pk, by=ticket.owner, assigned_to=nina, reason=CANARY)
    deliver_all()  # Nina is to be told, and sees the ticket in any case
    redirect_envelope(envelope.pk, by=ticket.owner, assigned_to=noah)
    go()
    cards = {message["recipient"]: message["attachments"][0]["content"] for message in fake.posted["flow"]}
    assert list(buttons_of(cards[noah.email])) == ["Accept", "Decline", "Open"]
    assert list(buttons_of(cards[nina.email])) == ["Open"]
    assert ticket.reference not in str(cards[nina.email])


# The ladder -----------------------------------------------------------------------------------------------------------


def test_126_without_teams_the_ladder_goes_on_and_the_ticket_action_still_succeeds(push: Pigeons) -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket = a_ticket(team=TeamFactory(lead=lead))
    nina = AgentFactory(teams=[ticket.team])
    offer_ticket(ticket.pk, to=nina, by=lead)
    go()
    assert push.told(nina) == [["ticket_assigned"]]
    assert Notification.objects.unread().filter(recipient=nina).exists()
    ticket.refresh_from_db()
    assert ticket.offered_to == nina


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (refused(400, "BadCard"), "localhost refuses the card (400 BadCard)."),
        (refused(404, "WorkflowNotFound"), "localhost knows no workflow at this address (404)"),
        (refused(401, "Unauthorized"), "localhost does not accept the address (401)"),
        (busy("3600"), "localhost asks for patience (429)."),
    ],
    ids=["refused", "gone", "signature", "throttled"],
)
def test_126_when_teams_fails_push_and_email_go_on_and_the_ticket_action_still_succeeds(
    fake: Workflows, connecting: Connecting, push: Pigeons, email: Pigeons, reply: Reply, said: str
) -> None:
    connecting("people")
    fake.faults = [once_(reply, times=99)]
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket = a_ticket(team=TeamFactory(lead=lead))
    nina = AgentFactory(teams=[ticket.team])
    offer_ticket(ticket.pk, to=nina, by=lead)
    go()
    go(seconds=2)
    assert push.told(nina) == [["ticket_assigned"]]
    failed = Delivery.objects.get(channel="teams")
    assert (failed.status, failed.because) == (DeliveryStatus.FAILED, Because.NEXT_CHANNEL)
    assert failed.last_error.startswith(said)
    assert accept_ticket(ticket.pk, by=nina).owner == nina


@pytest.mark.parametrize(
    "reply",
    [Reply(200, hangs_up=True), refused(500, "InternalServerError"), refused(504, "GatewayTimeout")],
    ids=["cut off", "500", "504"],
)
def test_126_a_card_of_which_nobody_knows_is_not_sent_twice_and_the_ladder_goes_on(
    fake: Workflows, connecting: Connecting, push: Pigeons, reply: Reply
) -> None:
    connecting("people")
    owner = AgentFactory()
    fake.faults = [once_(reply)]
    tell(owner, EventType.ALERT, a_ticket(owner=owner))
    go()
    go(hours=1)
    failed = Delivery.objects.get(channel="teams")
    assert (failed.because, len(fake.calls)) == (Because.NEXT_CHANNEL, 1)
    assert failed.last_error.startswith("The card may have been posted")
    assert push.told(owner) == [["alert"]]


def test_many_news_are_one_card_with_buttons_for_each(fake: Workflows, connecting: Connecting) -> None:
    connecting("people")
    owner = AgentFactory(max_tickets=100)
    for _ in range(30):
        tell(owner, EventType.ALERT, a_ticket(owner=owner, team=TeamFactory()))
    go()
    go(minutes=6)
    assert [texts_of(card).count(": Alert") for card in fake.cards("flow")] in ([30], [1, 29])


def test_126_a_fault_of_ours_after_teams_has_taken_the_card_sends_it_no_second_time(
    fake: Workflows, connecting: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting("people")
    owner = AgentFactory()
    tell(owner, EventType.ALERT, a_ticket(owner=owner))

    def lost(_health: Health) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(Health, "succeeded", lost)
    go()
    monkeypatch.undo()
    go(hours=1)
    assert len(fake.calls) == 1
    assert Delivery.objects.get(channel="teams").status == DeliveryStatus.FAILED


# The activity feed ----------------------------------------------------------------------------------------------------

APP = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def graph(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        made.roles = ("TeamsActivity.Send",)
        yield made
        identity._held.clear()


@pytest.fixture
def feed(graph: MicrosoftFake, admin: Agent) -> Connection:
    ids = {"tenant_id": TENANT, "client_id": CLIENT}
    signs_in = add_connection("microsoft365", by=admin, name="M", settings=ids, secrets={"client_secret": SECRET})
    values = {"microsoft365": str(signs_in.pk), "app_id": APP}
    return add_connection("teams_activity", by=admin, name="Feed", settings=values)


def taking(call: Call) -> Reply | None:
    return Reply(204) if call.path.endswith("/teamwork/sendActivityNotification") else None


def test_the_activity_feed_names_the_ticket_and_leads_to_it(graph: MicrosoftFake, feed: Connection) -> None:
    graph.faults = [taking]
    owner = AgentFactory(email="mara@desk.example")
    ticket = a_ticket(owner=owner)
    tell(owner, EventType.ALERT, ticket)
    go()
    (call,) = graph.calls
    body = json.loads(call.body)
    assert call.path == "/v1.0/users/mara%40desk.example/teamwork/sendActivityNotification"
    assert body["previewText"] == {"content": f"{ticket.reference}: Alert"}
    assert body["topic"]["webUrl"].startswith(f"https://teams.microsoft.com/l/entity/{APP}/news?webUrl=")
    assert CANARY not in call.body.decode()
    assert Delivery.objects.get().status == DeliveryStatus.SENT
    feed.refresh_from_db()
    assert feed.last_success_at is not None


@pytest.mark.parametrize("status", [403, 404])
def test_126_a_person_without_the_app_is_told_by_push_and_the_connection_stays_well(
    graph: MicrosoftFake, feed: Connection, push: Pigeons, status: int
) -> None:
    graph.faults = [once(refusal(status, "Forbidden"), times=9)]
    owner = AgentFactory()
    tell(owner, EventType.ALERT, a_ticket(owner=owner))
    go()
    go(seconds=1)
    assert push.told(owner) == [["alert"]]
    feed.refresh_from_db()
    assert feed.last_failure_class == ""


def test_a_person_without_the_app_is_asked_about_once_a_day(
    graph: MicrosoftFake, feed: Connection, push: Pigeons
) -> None:
    """The preview says so, and a test card asks at once."""
    admin: Agent = AgentFactory(roles=[Role.AGENT, Role.ADMIN])
    graph.faults = [lambda call: refusal(403, "Forbidden") if "/teamwork/" in call.path else None]
    for _time in range(3):
        tell(admin, EventType.ALERT, a_ticket(owner=admin))
        go()
    assert len(graph.calls) == 1
    assert not TeamsWay().reaches(admin)
    assert len(push.told(admin)) >= 1
    graph.faults = [taking]
    send_test_card(feed.pk, by=admin)
    while deliver_due_posts():
        pass
    assert TeamsWay().reaches(admin)


def test_182_patience_with_the_feed_is_none_with_mail(graph: MicrosoftFake, feed: Connection) -> None:
    graph.faults.append(lambda call: throttled(600) if "/teamwork/" in call.path else None)
    with pytest.raises(Transient):
        activity.send(
            feed, activity.Message(key="k", email="ann@desk.test", title="An offer", url="https://desk.example/")
        )
    paused = {gate.account for gate in Gate.objects.filter(paused_until__isnull=False)}
    assert paused == {activity.account_of(feed)}
    assert standing_of([feed])[0].state == "paused", "and the page says it"


def test_182_a_missing_permission_is_named(graph: MicrosoftFake, feed: Connection) -> None:
    graph.roles = ("Mail.Send",)
    identity._held.clear()
    while run_due_test():
        pass
    feed.refresh_from_db()
    missing = [found["what"]["facts"] for found in feed.findings if found["state"] == "missing"]
    assert missing == [{"permission": "TeamsActivity.Send"}]


def test_a_test_message_goes_to_the_admin_who_has_asked(
    graph: MicrosoftFake, feed: Connection, fake: Workflows, connecting: Connecting, admin: Agent
) -> None:
    graph.faults = [taking]
    for row in (feed, connecting("people")):
        send_test_card(row.pk, by=admin)
        while deliver_due_posts():
            pass
    assert [message["recipient"] for message in fake.posted["flow"]] == [admin.email]
    assert [unquote(call.path).split("/")[3] for call in graph.calls] == [admin.email]


def test_cards_with_buttons_come_before_the_activity_feed(
    graph: MicrosoftFake, feed: Connection, fake: Workflows, connecting: Connecting
) -> None:
    connecting("people")
    owner = AgentFactory()
    tell(owner, EventType.ALERT, a_ticket(owner=owner))
    go()
    assert (len(fake.cards("flow")), graph.calls) == (1, [])


def test_127_a_warning_offers_to_open_and_to_snooze_and_a_breach_to_open(
    fake: Workflows, connecting: Connecting
) -> None:
    connecting("people")
    owner = AgentFactory()
    ticket, now = a_ticket(owner=owner), timezone.now()
    go()  # what follows from the ticket, whose own reminders these are not
    facts = {"agent": owner, "ticket": ticket, "trigger_at": now, "triggered_at": now, "status": "triggered"}
    for kind, event, urgency in (
        ("sla_warning", EventType.SLA_WARNING, Urgency.URGENT),
        ("sla_breach", EventType.SLA_BREACH, Urgency.BREACH),
    ):
        row = Reminder.objects.create(kind=kind, cycle="clock", **facts)
        notify(
            [owner.pk],
            event,
            ticket_id=ticket.pk,
            dedupe_key=kind,
            urgency=urgency,
            reminder=str(row.pk),
            reference=ticket.reference,
            subject=CANARY,
        )
        go()
    warning, breach = fake.cards("flow")
    assert list(buttons_of(warning)) == ["Snooze for 30 minutes", "Open"]
    assert list(buttons_of(breach)) == ["Open"]


def test_the_preview_says_that_offers_come_by_teams(fake: Workflows, connecting: Connecting) -> None:
    agent = AgentFactory()

    def way_of_offers() -> list[str]:
        found = preview_of(agent, now=timezone.now())
        (offer,) = (each for each in found if each.event_type == EventType.TICKET_ASSIGNED)
        return [arrival.channel for arrival in offer.arrivals]

    assert way_of_offers() == ["email"]
    connecting("people")
    assert way_of_offers() == ["teams"]
