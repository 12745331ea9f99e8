"""Mails that time sends, through a real SMTP server: alerts to people of the desk, and reminders to customers."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import Message

import pytest
import time_machine
from django.conf import settings

from accounts.models import Agent
from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail
from core.events import deliver_all
from envelopes.services import post_in_envelope
from notifications.models import Delivery
from notifications.services import deliver_due
from sla.alerts.services import raise_due_alerts, tell_of_alerts
from sla.client_reminders.services import ask_due_customers
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory
from tests.factories.mail import a_mail, arrive
from tests.sla.alerts.conftest import MONDAY_NINE
from tests.smtp_server import Server
from tickets.enums import OutboundKind, OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket, release_message, reply_to_customer

pytestmark = pytest.mark.django_db
CANARY = "canary-of-the-experts"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY_NINE, tick=False) as found:
        yield found


@pytest.fixture
def owner(mailbox: Mailbox) -> Agent:
    found: Agent = AgentFactory(name="Olga Brandt", email="olga@desk.test", language="en", teams=[mailbox.team])
    return found


@pytest.fixture
def ticket(clock: time_machine.Traveller, mailbox: Mailbox, owner: Agent) -> Ticket:
    """Came by mail and is accepted; experts talk about it among themselves."""
    incoming = arrive(a_mail(message_id="first@customer.test"), mailbox)
    deliver_all()
    found = accept_ticket(incoming.ticket_id, by=owner)
    expert = AgentFactory(teams=[TeamFactory()])
    envelope = EnvelopeFactory(ticket=found, team=expert.teams.get(), expert=expert, reason=f"{CANARY} why")
    post_in_envelope(envelope.pk, by=expert, body_text=f"{CANARY} text")
    return found


def text_of(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return "".join(bytes(part.get_payload(decode=True)).decode() for part in parts)


def test_an_alert_by_mail_says_that_it_is_automatic_and_is_no_part_of_the_customers_conversation(
    smtp: Server, clock: time_machine.Traveller, ticket: Ticket, owner: Agent
) -> None:
    smtp.start()
    now = MONDAY_NINE + timedelta(minutes=130)
    clock.move_to(now, tick=False)
    raise_due_alerts(now=now)
    tell_of_alerts(now=now)
    for later in (timedelta(), timedelta(minutes=10), timedelta(minutes=40)):
        while deliver_due(now=now + later):
            pass
    mails = [taken for taken in smtp.handler.taken if taken.recipients == [owner.email]]
    assert [taken.mail["Subject"] for taken in mails] == [f"{ticket.reference}: Alert"]
    mail = mails[0].mail
    delivery = Delivery.objects.get(recipient=owner, status="sent")
    assert mail["Message-ID"] == f"<notice.{delivery.pk}@{settings.MESSAGE_ID_DOMAIN}>"
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert (mail["From"], mail["To"]) == (settings.DEFAULT_FROM_EMAIL, owner.email)
    assert (mail["In-Reply-To"], mail["References"], mail["Cc"], mail["Bcc"]) == (None, None, None, None)
    assert ticket.reference in text_of(mail)
    assert CANARY not in str(mail) + text_of(mail)


def waiting(ticket: Ticket, owner: Agent) -> None:
    message = reply_to_customer(ticket.pk, by=owner, body_text="Is the plug in?", then="wait_for_customer")
    release_message(message.pk, now=message.release_at)
    send_due_mail(now=message.release_at)


def test_a_customer_is_asked_again_in_their_conversation_in_the_owners_name_by_a_mail_that_says_it_is_automatic(
    smtp: Server, clock: time_machine.Traveller, ticket: Ticket, owner: Agent, mailbox: Mailbox
) -> None:
    smtp.start()
    waiting(ticket, owner)
    smtp.handler.taken.clear()
    now = MONDAY_NINE + timedelta(hours=9)
    clock.move_to(now, tick=False)
    assert ask_due_customers(now=now) == 1
    smtp.handler.for_data = ["451 4.3.0 try again"]
    for later in (timedelta(), timedelta(hours=1), timedelta(hours=2)):
        send_due_mail(now=now + later)
    (taken,) = smtp.handler.taken
    mail, message = taken.mail, OutboundMessage.objects.get(ticket=ticket, kind=OutboundKind.REMINDER)
    assert (message.status, message.author) == (OutboundStatus.SENT, owner)
    assert taken.recipients == ["dana@customer.test"]
    assert mail["Message-ID"] == f"<{message.email_message_id}>", "the same at each try"
    assert mail["In-Reply-To"] == "<first@customer.test>"
    assert mail["References"].split()[-1] == "<first@customer.test>"
    assert f"[{ticket.reference}]" in mail["Subject"]
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert mail["From"] == f"Olga Brandt <{mailbox.address}>"
    assert mailbox.address.partition("@")[2] in mail["Reply-To"]
    assert mail["Bcc"] is None
    assert "we need your answer" in text_of(mail)
    assert CANARY not in str(mail) + text_of(mail)


def test_what_a_person_wrote_does_not_say_that_it_is_automatic(
    smtp: Server, clock: time_machine.Traveller, ticket: Ticket, owner: Agent
) -> None:
    smtp.start()
    waiting(ticket, owner)
    mail = smtp.handler.taken[-1].mail
    assert "Is the plug in?" in text_of(mail)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == (None, None)
