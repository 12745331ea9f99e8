"""Brakes that need no header: what is too much goes to quarantine, visibly and for a while (email.md section 5)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from connectors.mail.enums import BrakeKind, MailState, Reason
from connectors.mail.errors import BrakeEnded
from connectors.mail.models import Brake, Mailbox, MailMessage
from connectors.mail.services import lift_brake, process_due, release_mail, retry_mail
from connectors.mail.services.brakes import Limit
from connectors.mail.sight import HIDDEN
from core.errors import NotFound, StaleVersion
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe
from tests.api.conftest import signed_in
from tests.concurrency import in_parallel
from tests.connectors.mail.conftest import owned_ticket
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.factories.mail import BrakeFactory, MailboxFactory, a_mail, arrive, our_mail_on
from tickets.enums import TicketStatus
from tickets.errors import RoleForbids
from tickets.models import Ticket, TimelineEntry
from tickets.services import resolve_ticket

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BEGIN = timezone.now().replace(microsecond=0)


@pytest.fixture
def few(settings: Settings) -> None:
    """The same brakes, drawn after few mails, so that tests need few."""
    fewer = {kind: (3, minutes) for kind, (_most, minutes) in settings.MAIL_BRAKES.items() if kind != "reopening"}
    settings.MAIL_BRAKES = settings.MAIL_BRAKES | fewer


def outcomes(messages: list[MailMessage]) -> list[str]:
    return [message.reason if message.state == MailState.QUARANTINED else message.state for message in messages]


def supervisor_of(mailbox: Mailbox) -> Agent:
    sam: Agent = AgentFactory(roles=[Role.SUPERVISOR])
    mailbox.team.supervisor = sam
    mailbox.team.save()
    return sam


def notices(agent: Agent) -> list[str]:
    deliver_due(limit=1000)
    rows = Notification.objects.filter(recipient=agent, event_type="mail_brake").order_by("created_at")
    return [describe(row) for row in rows]


def test_the_numbers_that_the_docs_name() -> None:
    limits = {kind.value: limit for kind in BrakeKind if (limit := Limit.of(kind)) is not None}
    assert {kind: (limit.most, limit.window) for kind, limit in limits.items()} == {
        "sender": (60, HOUR),
        "thread": (30, HOUR),
        "content": (10, HOUR),
        "reopening": (4, 24 * HOUR),
        "answers": (20, 24 * HOUR),
        "mailbox": (1000, HOUR),
    }


def test_an_installation_sets_its_own_limits(mailbox: Mailbox, settings: Settings) -> None:
    settings.MAIL_BRAKES = settings.MAIL_BRAKES | {"sender": (2, 5)}
    mails = [arrive(a_mail(body=f"Alarm {n}"), mailbox) for n in range(3)]
    assert outcomes(mails) == ["created"] * 2 + ["sender_brake"]
    brake = Brake.objects.get()
    assert (brake.counted, brake.window_minutes, brake.until - brake.started_at) == (2, 5, timedelta(minutes=5))


def test_a_brake_that_is_switched_off_counts_nothing_and_leaves_the_others(
    mailbox: Mailbox, settings: Settings
) -> None:
    settings.MAIL_BRAKES = settings.MAIL_BRAKES | {"sender": (0, 0), "content": (3, 60)}
    assert outcomes([arrive(a_mail(body=f"Alarm {n}"), mailbox) for n in range(5)]) == ["created"] * 5
    assert outcomes([arrive(a_mail(body="Same"), mailbox) for _n in range(4)]) == ["created"] * 3 + ["content_brake"]
    settings.MAIL_BRAKES = dict.fromkeys(settings.MAIL_BRAKES, (0, 0))
    assert arrive(a_mail(body="Same"), mailbox).state == MailState.CREATED


@pytest.mark.usefixtures("few")
def test_the_fourth_mail_of_a_sender_within_an_hour_waits_and_others_do_not(mailbox: Mailbox) -> None:
    mails = [arrive(a_mail(sender="Loud@customer.test", body=f"Alarm {n}"), mailbox) for n in range(5)]
    assert outcomes(mails) == ["created"] * 3 + ["sender_brake"] * 2
    assert Ticket.objects.count() == 3
    assert arrive(a_mail(sender="quiet@customer.test"), mailbox).state == MailState.CREATED
    brake = Brake.objects.get()
    assert (brake.kind, brake.key, brake.counted, brake.until - brake.started_at) == (
        "sender",
        "loud@customer.test",
        3,
        HOUR,
    )
    facts = mails[4].evidence
    assert (facts["brake"], facts["counted"], facts["within_minutes"], facts["until"]) == (
        "sender",
        3,
        60,
        brake.until.isoformat(),
    )
    assert mails[4].detail == "loud@customer.test"


@pytest.mark.usefixtures("few")
def test_a_brake_ends_by_itself_and_counts_anew(mailbox: Mailbox) -> None:
    def writes(number: int) -> MailMessage:
        return arrive(a_mail(sender="loud@customer.test", body=f"Alarm {number}"), mailbox)

    with time_machine.travel(BEGIN, tick=False) as clock:
        mails = [writes(number) for number in range(4)]
        clock.shift(timedelta(minutes=59, seconds=59))
        mails.append(writes(4))
        clock.shift(timedelta(seconds=1))
        mails += [writes(number) for number in range(5, 9)]
    assert outcomes(mails) == ["created"] * 3 + ["sender_brake"] * 2 + ["created"] * 3 + ["sender_brake"]
    assert Brake.objects.count() == 1


@pytest.mark.usefixtures("few")
def test_mails_within_the_limit_are_never_held_however_long_it_goes_on(mailbox: Mailbox) -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        for number in range(12):
            assert arrive(a_mail(body=f"Alarm {number}"), mailbox).state == MailState.CREATED
            clock.shift(timedelta(minutes=21))


@pytest.mark.usefixtures("few")
def test_a_thread_that_goes_mad_is_held_whoever_writes(mailbox: Mailbox) -> None:
    ticket, _ann = owned_ticket(mailbox)
    ours = our_mail_on(ticket)
    senders = ["dana@customer.test", "bot-a@customer.test", "bot-b@customer.test"]
    answers = [
        arrive(a_mail(sender=sender, body=f"Again {n}", In_Reply_To=f"<{ours}>"), mailbox)
        for n, sender in enumerate(senders)
    ]
    assert outcomes(answers) == ["appended", "appended", "thread_brake"]
    assert answers[2].detail == ticket.reference
    assert arrive(a_mail(sender="bot-a@customer.test", body="Else"), mailbox).state == MailState.CREATED


@pytest.mark.usefixtures("few")
def test_automatic_replies_to_a_ticket_are_braked_too(mailbox: Mailbox) -> None:
    owned_ticket(mailbox)
    mails = [
        arrive(a_mail(body=f"Away {n}", Auto_Submitted="auto-replied", In_Reply_To="<first@customer.test>"), mailbox)
        for n in range(3)
    ]
    assert outcomes(mails) == ["recorded", "recorded", "sender_brake"]
    assert TimelineEntry.objects.filter(kind="email_inbound").count() == 3


def test_the_same_words_again_and_again_are_held_whatever_their_ids_and_dates(mailbox: Mailbox) -> None:
    with time_machine.travel(BEGIN, tick=False) as clock:
        mails = []
        for _copy in range(12):
            mails.append(arrive(a_mail(subject="Toner", body="Toner  is\nempty."), mailbox))
            clock.shift(timedelta(minutes=1))
        other = arrive(a_mail(subject="Toner", body="Toner is full."), mailbox)
    assert outcomes(mails) == ["created"] * 10 + ["content_brake"] * 2
    assert other.state == MailState.CREATED


def test_a_storm_of_reopenings_ends_and_leaves_the_ticket_resolved(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    answers = []
    for number in range(5):
        resolve_ticket(ticket.pk, by=ann, code="fixed", note="Done.")
        answers.append(arrive(a_mail(body=f"Thanks {number}", In_Reply_To="<first@customer.test>"), mailbox))
    assert outcomes(answers) == ["appended"] * 4 + ["reopening_brake"]
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopen_count, ticket.owner) == (TicketStatus.RESOLVED, 4, ann)
    assert notices(ann) == [f"Too many mails, held back for a while: {ticket.reference}"]


@pytest.mark.usefixtures("few")
def test_the_owner_is_told_once_of_a_brake_and_the_lead_where_there_is_no_owner(mailbox: Mailbox) -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    mailbox.team.lead = lead
    mailbox.team.save()
    ticket, ann = owned_ticket(mailbox)
    ours = our_mail_on(ticket)
    for number in range(6):
        arrive(a_mail(sender=f"bot-{number}@customer.test", body="x", In_Reply_To=f"<{ours}>"), mailbox)
    assert notices(ann) == [f"Too many mails, held back for a while: {ticket.reference}"]
    assert notices(lead) == []
    for number in range(6):
        arrive(a_mail(sender="new@customer.test", body=f"Alarm {number}"), mailbox)
    assert notices(lead)[-1] == "Too many mails, held back for a while: new@customer.test"
    assert notices(ann) == [f"Too many mails, held back for a while: {ticket.reference}"]


@pytest.mark.usefixtures("few")
def test_a_supervisor_lifts_a_brake_and_what_it_held_can_be_processed_again(mailbox: Mailbox) -> None:
    sam, ann = supervisor_of(mailbox), AgentFactory(teams=[mailbox.team])
    mails = [arrive(a_mail(body=f"Alarm {n}"), mailbox) for n in range(4)]
    brake = Brake.objects.get()
    with pytest.raises(RoleForbids):
        lift_brake(brake.pk, by=ann)
    with pytest.raises(NotFound):
        lift_brake(brake.pk, by=AgentFactory(teams=[TeamFactory()]))
    with pytest.raises(StaleVersion):
        lift_brake(brake.pk, by=sam, version=99)
    lift_brake(brake.pk, by=sam)
    assert arrive(a_mail(body="Alarm 5"), mailbox).state == MailState.CREATED
    retry_mail(mails[3].pk, by=ann)
    process_due()
    mails[3].refresh_from_db()
    assert mails[3].state == MailState.CREATED
    with pytest.raises(BrakeEnded):
        lift_brake(brake.pk, by=sam)
    names = list(Brake.history.order_by("history_date").values_list("actor_name", "history_change_reason"))
    assert names == [("Mail brake", "drawn"), (sam.name, "lifted")]


@pytest.mark.usefixtures("few")
def test_a_released_mail_passes_a_brake_that_holds(mailbox: Mailbox) -> None:
    sam = supervisor_of(mailbox)
    mails = [arrive(a_mail(body=f"Alarm {n}"), mailbox) for n in range(4)]
    release_mail(mails[3].pk, by=sam)
    process_due()
    mails[3].refresh_from_db()
    assert mails[3].state == MailState.CREATED
    assert arrive(a_mail(body="Alarm 5"), mailbox).reason == Reason.SENDER_BRAKE


@pytest.mark.usefixtures("few")
def test_the_ledgers_page_shows_what_holds_and_offers_to_lift_it(mailbox: Mailbox, client: Client) -> None:
    sam, ann = supervisor_of(mailbox), AgentFactory(teams=[mailbox.team])
    for number in range(4):
        arrive(a_mail(body=f"Alarm {number}"), mailbox)
    brake = Brake.objects.get()
    for agent, may_lift in ((ann, False), (sam, True)):
        client.force_login(agent.user, backend="accounts.auth.AgentBackend")
        page = client.get("/mail/").content.decode()
        assert "Many mails of one sender" in page
        assert "3 within 60 minutes" in page
        assert (f"/mail/brakes/{brake.pk}/lift/" in page) is may_lift
    assert client.post(f"/mail/brakes/{brake.pk}/lift/").status_code == 302
    assert "Many mails of one sender" not in client.get("/mail/").content.decode()
    again = client.post(f"/mail/brakes/{brake.pk}/lift/")
    assert again.status_code == 409
    assert "This brake holds nothing any more." in again.content.decode()
    client.force_login(AgentFactory(teams=[TeamFactory()]).user, backend="accounts.auth.AgentBackend")
    assert client.post(f"/mail/brakes/{brake.pk}/lift/").status_code == 404


def test_the_api_names_no_ticket_out_of_the_readers_sight(mailbox: Mailbox) -> None:
    near, far = TicketFactory(team=mailbox.team), TicketFactory()
    for number, ticket in enumerate((near, far)):
        BrakeFactory(mailbox=mailbox, ticket=ticket, key=f"{number}@loud.test", about=f"{number}@loud.test")
        BrakeFactory(mailbox=mailbox, ticket=ticket, kind="thread", key=str(ticket.pk), about=ticket.reference)
    api = signed_in(AgentFactory(teams=[mailbox.team]))
    rows = api.get("/api/v1/mail/brakes/").json()["results"]
    assert {(row["about"], row["ticket"]) for row in rows} == {
        ("0@loud.test", near.reference),
        (near.reference, near.reference),
        ("1@loud.test", None),
        (HIDDEN, None),
    }


@pytest.mark.usefixtures("few")
def test_acknowledgements_of_a_mailbox_stop_at_its_breaker(mailbox: Mailbox) -> None:
    for number in range(5):
        arrive(a_mail(sender=f"person{number}@customer.test"), mailbox)
    deliver_due(limit=1000)
    assert Ticket.objects.filter(outbound_messages__kind="acknowledgement").count() == 3
    assert Brake.objects.get().kind == "mailbox"


def test_a_mail_costs_as_many_statements_however_much_its_brakes_count(
    mailbox: Mailbox,
) -> None:
    def statements(number: int) -> int:
        with CaptureQueriesContext(connection) as caught:
            arrive(a_mail(body=f"Alarm {number}"), mailbox)
        return len(caught)

    statements(0)
    counts = [statements(number) for number in range(1, 30)]
    assert len(set(counts)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("few")
def test_parallel_workers_let_through_exactly_the_limit() -> None:
    mailbox = MailboxFactory()
    mails = [a_mail(body=f"Alarm {number}") for number in range(8)]
    done = in_parallel(*(lambda raw=raw: arrive(raw, mailbox) for raw in mails))
    assert sorted(outcomes(done)) == ["created"] * 3 + ["sender_brake"] * 5
    assert (Ticket.objects.count(), Brake.objects.count()) == (3, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("few")
def test_parallel_workers_on_one_thread_let_through_exactly_the_limit() -> None:
    mailbox = MailboxFactory()
    first = arrive(a_mail(message_id="first@customer.test"), mailbox)
    ours = our_mail_on(Ticket.objects.get(pk=first.ticket_id))
    mails = [a_mail(sender=f"p{n}@customer.test", body=f"More {n}", In_Reply_To=f"<{ours}>") for n in range(6)]
    done = in_parallel(*(lambda raw=raw: arrive(raw, mailbox) for raw in mails))
    assert sorted(outcomes(done)) == ["appended"] * 2 + ["thread_brake"] * 4
    assert Brake.objects.count() == 1
