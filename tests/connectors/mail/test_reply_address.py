"""Answers come to a signed address that names their ticket: made, read, forged, left out where servers refuse it."""

import re
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from connectors.mail.composing import compose
from connectors.mail.decisions import explained
from connectors.mail.demo import conversations_of
from connectors.mail.enums import Backend, MailState, Reason
from connectors.mail.models import Mailbox
from connectors.mail.reply_address import references_in, reply_address
from connectors.mail.services import add_mailbox, poll_mailboxes, send_due_mail
from connectors.mail.services.mailboxes import change_mailbox
from connectors.mail.sight import Sight
from core.actors import SystemActor
from core.events import deliver_due
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.message_ids import new_message_id
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket, release_message, reply_to_customer, resolve_ticket

pytestmark = pytest.mark.django_db
OPERATOR = SystemActor("test")
STRANGER = "Eve <eve@stranger.test>"


@pytest.fixture
def mailbox() -> Mailbox:
    return MailboxFactory(takes_plus_addresses=True)


@pytest.fixture
def ticket(mailbox: Mailbox) -> Ticket:
    incoming = arrive(a_mail(message_id="first@customer.test"), mailbox)
    accept_ticket(incoming.ticket_id, by=AgentFactory(teams=[mailbox.team]))
    return Ticket.objects.get()


def reply(ticket: Ticket) -> OutboundMessage:
    message = reply_to_customer(ticket.pk, by=ticket.owner, body_text="Is the plug in?")
    release_message(message.pk, now=message.release_at)
    return OutboundMessage.objects.get(pk=message.pk)


def test_our_mails_ask_for_answers_to_an_address_that_names_the_ticket(mailbox: Mailbox, ticket: Ticket) -> None:
    [asked] = compose(reply(ticket), mailbox).reply_to
    assert re.fullmatch(rf"support\+t-{ticket.reference.lower()}\.[0-9a-f]{{16}}@desk\.test", asked)
    assert references_in([f"Support <{asked.upper()}>"]) == [ticket.reference]


def test_each_mailbox_says_whether_its_server_takes_such_addresses(mailbox: Mailbox, ticket: Ticket) -> None:
    mailbox.takes_plus_addresses = False
    change_mailbox(mailbox, by=OPERATOR, settings={})
    assert compose(reply(ticket), mailbox).reply_to == ["support@desk.test"]


def test_an_address_too_long_for_mail_servers_is_not_asked_for(ticket: Ticket) -> None:
    local = "a-desk-with-a-very-long-name-indeed"
    other = MailboxFactory(address=f"{local}@desk.test", takes_plus_addresses=True)
    assert reply_address(ticket, other) == f"{local}@desk.test"


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_an_answer_joins_by_the_address_alone(mailbox: Mailbox, ticket: Ticket, header: str) -> None:
    """Nothing else is left of the conversation: neither ids nor the reference."""
    asked = reply_address(ticket, mailbox)
    raw = a_mail(subject="Yes", body="It is.", to=asked if header == "To" else "support@desk.test")
    if header != "To":
        raw = f"{header}: {asked}\n".encode() + raw
    answer = arrive(raw, mailbox)
    assert (answer.state, answer.ticket, answer.reason) == (MailState.APPENDED, ticket, Reason.MESSAGE_ID)
    assert answer.evidence["rule"] == "reply_address"
    assert answer.evidence["confidence"] == "sure"
    told = " ".join(part["value"] for part in explained(answer, Sight(ticket.owner, [answer])))
    assert f"names the ticket with our signature: {ticket.reference}" in told


def test_the_ticket_page_shows_the_address_as_people_know_it(mailbox: Mailbox, ticket: Ticket, client: Client) -> None:
    asked = reply_address(ticket, mailbox)
    arrive(a_mail(to=f"Desk <{asked}>", Cc="it+printers@customer.test"), mailbox)
    client.force_login(ticket.owner.user, backend="accounts.auth.AgentBackend")
    page = client.get(f"/t/{ticket.reference}/").content.decode()
    assert "To support@desk.test · Cc it+printers@customer.test" in page
    assert asked not in page


def test_the_address_decides_before_the_headers(mailbox: Mailbox, ticket: Ticket) -> None:
    other = arrive(a_mail(message_id="other@customer.test", subject="Scanner"), mailbox).ticket
    asked = reply_address(ticket, mailbox)
    assert arrive(a_mail(to=asked, In_Reply_To="<other@customer.test>"), mailbox).ticket == ticket
    assert other != ticket


def test_it_is_as_sure_as_a_message_id_and_no_surer(mailbox: Mailbox, ticket: Ticket) -> None:
    """Whoever was written to may answer from elsewhere, an agent's mail stays inside, and an ended ticket stays so."""
    asked = reply_address(ticket, mailbox)
    by_id = arrive(a_mail(sender=STRANGER, In_Reply_To=f"<{reply(ticket).email_message_id}>"), mailbox)
    by_address = arrive(a_mail(sender=STRANGER, to=asked, body="From my other address."), mailbox)
    assert (by_address.state, by_address.reason) == (by_id.state, by_id.reason)
    agent = AgentFactory(email="jonas@desk.test", teams=[mailbox.team])
    assert arrive(a_mail(sender=agent.email, to=asked, body="Aside."), mailbox).reason == Reason.STAFF_MAIL
    resolve_ticket(ticket.pk, by=ticket.owner, code="fixed", note="Done.")
    assert arrive(a_mail(to=asked, body="Still broken."), mailbox).state == MailState.APPENDED
    assert Ticket.objects.get(pk=ticket.pk).reopen_count == 1


def test_automatic_mail_to_it_is_kept_without_effect(mailbox: Mailbox, ticket: Ticket) -> None:
    away = arrive(a_mail(to=reply_address(ticket, mailbox), Auto_Submitted="auto-replied", body="Away."), mailbox)
    assert (away.state, away.reason, away.ticket) == (MailState.RECORDED, Reason.AUTO_REPLY, ticket)


def test_the_address_makes_nobody_a_participant(mailbox: Mailbox, ticket: Ticket) -> None:
    arrive(a_mail(to=reply_address(ticket, mailbox), Cc="boss@customer.test"), mailbox)
    assert [row.contact.email for row in ticket.participants.all()] == ["boss@customer.test"]


def test_an_address_that_has_a_plus_of_its_own_is_known(ticket: Ticket) -> None:
    other = MailboxFactory(address="desk+it@desk.test", team=ticket.team, takes_plus_addresses=True)
    asked = reply_address(ticket, other)
    assert asked.startswith("desk+it+t-")
    answer = arrive(a_mail(to=asked, Cc="boss@customer.test"), other)
    assert answer.ticket == ticket
    assert [row.contact.email for row in ticket.participants.all()] == ["boss@customer.test"]


@settings(max_examples=60)
@given(data=st.data())
def test_no_guessed_or_altered_address_names_a_ticket(ticket: Ticket, mailbox: Mailbox, data: Any) -> None:
    asked = reply_address(ticket, mailbox)
    local = asked.partition("@")[0]
    at = data.draw(st.integers(local.index("+t-") + 3, len(local) - 1))
    sign = data.draw(st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz-."))
    altered = f"{local[:at]}{sign}{local[at + 1 :]}@desk.test"
    assert references_in([altered]) == ([ticket.reference] if altered == asked else [])


def test_the_signature_is_for_this_purpose_alone(mailbox: Mailbox, ticket: Ticket) -> None:
    """Neither the signature of a Message-ID serves, nor one for another ticket."""
    second = TicketFactory(team=mailbox.team, requester=ticket.requester)
    signature = reply_address(second, mailbox).rpartition(".test")[0].partition("@")[0].rpartition(".")[2]
    forged = [
        f"support+t-{ticket.reference.lower()}.{signature}@desk.test",
        f"support+t-{ticket.reference.lower()}.{new_message_id().split('.')[2].partition('@')[0]}@desk.test",
    ]
    assert references_in(forged) == []


@pytest.mark.parametrize(
    ("backend", "said", "takes"),
    [("files", None, True), ("files", False, False), ("imap", None, False), ("imap", True, True)],
)
def test_files_take_them_and_others_if_somebody_says_so(backend: str, said: bool | None, takes: bool) -> None:
    given = {"host": "imap.desk.test", "secret": "MAILBOX_X", "user": "x"} if backend == Backend.IMAP else {}
    made = add_mailbox(
        "new@desk.test",
        backend=backend,
        team=TeamFactory(),
        by=OPERATOR,
        settings=given,
        takes_plus_addresses=said,
    )
    assert Mailbox.objects.get(pk=made.pk).takes_plus_addresses is takes


def test_the_command_says_it_too(tmp_path: Any, settings: Settings) -> None:
    settings.MAIL_ROOT = tmp_path
    team = TeamFactory(name="Network")
    options = ["--backend", "imap", "--team", team.name, "--host", "localhost", "--port", "1", "--tls", "none"]
    call_command("add_mailbox", "net@desk.test", *options, "--secret", "MAILBOX_NET", "--plus-addresses")
    assert Mailbox.objects.get(address="net@desk.test").takes_plus_addresses


def test_the_demos_customer_answers_to_that_address(client: Client, settings: Settings, tmp_path: Any) -> None:
    settings.DEMO, settings.MAIL_ROOT, settings.EMAIL_FILE_PATH = True, tmp_path, str(tmp_path)
    settings.EMAIL_BACKEND = "connectors.mail.maildir.EmailBackend"
    mailbox = MailboxFactory(takes_plus_addresses=True)
    first = {"name": "Dana", "address": "dana@customer.test", "to": "support@desk.test", "subject": "Printer"}
    here = client.post("/demo/mailbox/", first | {"body": "It burns."})["Location"]
    poll_mailboxes()
    ticket = Ticket.objects.get()
    accept_ticket(ticket.pk, by=AgentFactory(teams=[mailbox.team]))
    reply(Ticket.objects.get())
    deliver_due()
    send_due_mail()
    asked = conversations_of("dana@customer.test")[0].newest.answer_to
    assert asked == reply_address(ticket, mailbox)
    page = client.get(here).content.decode()
    assert asked in page
    answer = client.post(here, first | {"to": asked, "subject": "Re: Printer", "body": "Yes."})
    assert answer.status_code == 302
    assert poll_mailboxes() == 1
    assert ticket.entries.public().order_by("-seq")[0].body_text.strip() == "Yes."
