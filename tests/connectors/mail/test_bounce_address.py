"""The envelope's sender: mail of ours is found again by where its report comes to, and no machine answers a machine."""

import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.base import SenderRefusedError
from connectors.mail import maildir
from connectors.mail import smtp as smtp_module
from connectors.mail.bounce_address import bounce_address, ids_in
from connectors.mail.composing import compose
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox
from connectors.mail.reply_address import reply_address
from connectors.mail.services import send_due_mail
from connectors.mail.smtp import MAX_SECONDS
from tests.connectors.mail.conftest import FakeTransport
from tests.connectors.mail.test_reports import report
from tests.factories import AgentFactory, TicketFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tests.smtp_server import Server
from tickets.enums import OutboundKind, OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import (
    accept_ticket,
    queue_system_message,
    release_message,
    reply_to_customer,
    resolve_ticket,
    transfer_ownership,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox() -> Mailbox:
    return MailboxFactory(takes_plus_addresses=True)


@pytest.fixture
def ann(mailbox: Mailbox) -> Agent:
    return AgentFactory(name="Ann Becker", teams=[mailbox.team], employment_ended_on=timezone.now().date())


@pytest.fixture
def ticket(mailbox: Mailbox, ann: Agent) -> Ticket:
    incoming = arrive(a_mail(message_id="first@customer.test"), mailbox)
    accept_ticket(incoming.ticket_id, by=ann)
    return Ticket.objects.get()


def reply(ticket: Ticket, **more: Any) -> OutboundMessage:
    message = reply_to_customer(ticket.pk, by=ticket.owner, body_text="Is the plug in?", **more)
    release_message(message.pk, now=message.release_at)
    return OutboundMessage.objects.get(pk=message.pk)


def sent(ticket: Ticket, **more: Any) -> OutboundMessage:
    message = reply(ticket, **more)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    message.refresh_from_db()
    assert message.status == OutboundStatus.SENT
    return message


def acknowledgement(ticket: Ticket) -> OutboundMessage:
    message = queue_system_message(ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text="We have your request.")
    assert message is not None
    return message


def introduction(ticket: Ticket) -> OutboundMessage:
    new = AgentFactory(name="Jonas Kern", teams=[ticket.team])
    boss = AgentFactory(roles=["supervisor"])
    ticket.team.supervisor = boss
    ticket.team.save()
    words = "Her employment has ended; Jonas goes on with it."
    transfer_ownership(ticket.pk, by=boss, new_owner=new, reason_code="termination", reason=words)
    return OutboundMessage.objects.get(kind=OutboundKind.INTRODUCTION)


def resolution(ticket: Ticket) -> OutboundMessage:
    resolve_ticket(ticket.pk, by=ticket.owner, code="fixed", note="New roller.")
    return OutboundMessage.objects.get(kind=OutboundKind.RESOLUTION)


# The address


def test_a_mail_carries_its_own_id_in_its_envelope_and_the_header_names_the_mailbox(
    mailbox: Mailbox, ticket: Ticket
) -> None:
    message = reply(ticket)
    email = compose(message, mailbox)
    sender = email.envelope_sender
    assert sender == bounce_address(message, mailbox)
    assert len(sender.partition("@")[0]) == len("support+b-") + 39
    assert ids_in([f"<{sender.upper()}>"]) == [message.email_message_id.partition("@")[0]]
    assert email.message()["From"] == "Ann Becker <support@desk.test>"
    assert compose(reply(ticket), mailbox).envelope_sender != sender


def test_one_too_long_for_mail_servers_is_not_used(ticket: Ticket) -> None:
    """RFC 5321: 64 octets before the @."""
    longest = MailboxFactory(address=f"{'s' * 22}@desk.test", takes_plus_addresses=True)
    longer = MailboxFactory(address=f"{'s' * 23}@desk.test", takes_plus_addresses=True)
    message = reply(ticket)
    assert len(bounce_address(message, longest).partition("@")[0]) == 64
    assert bounce_address(message, longer) == ""
    assert compose(message, longer).envelope_sender == longer.address


@settings(max_examples=60)
@given(data=st.data())
def test_no_guessed_or_altered_address_stands_for_a_mail(ticket: Ticket, mailbox: Mailbox, data: Any) -> None:
    message = ticket.outbound_messages.first() or reply(ticket)
    address = bounce_address(message, mailbox)
    local = address.partition("@")[0]
    at = data.draw(st.integers(local.index("+b-") + 3, len(local) - 2))  # the last letter holds one bit that counts not
    sign = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-."))
    altered = f"{local[:at]}{sign}{local[at + 1 :]}@desk.test"
    known = [message.email_message_id.partition("@")[0]]
    assert ids_in([altered]) == (known if altered == address else [])


# Automatic mail and mail of persons


@pytest.mark.parametrize("takes_plus_addresses", [True, False])
@pytest.mark.parametrize(
    ("make", "submitted", "sender"),
    [
        (acknowledgement, "auto-replied", "{team} <support@desk.test>"),
        (introduction, "auto-generated", "Jonas Kern <support@desk.test>"),
    ],
)
def test_automatic_mail_says_so_in_headers_and_envelope(
    mailbox: Mailbox, ticket: Ticket, make: Any, submitted: str, sender: str, takes_plus_addresses: bool
) -> None:
    mailbox.takes_plus_addresses = takes_plus_addresses
    message = make(ticket)
    email = compose(message, mailbox)
    headers = email.message()
    assert headers["Auto-Submitted"] == submitted
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["X-ITIL-NEXT-Loop"] == f"{configured.MESSAGE_ID_DOMAIN}; 1"
    assert headers["Precedence"] is None
    assert headers["From"] == sender.format(team=mailbox.team.name)
    assert email.envelope_sender == (bounce_address(message, mailbox) if takes_plus_addresses else "")


def test_an_acknowledgement_that_answers_no_mail_is_generated(mailbox: Mailbox, ann: Agent) -> None:
    ticket = TicketFactory(team=mailbox.team, by=ann)
    assert compose(acknowledgement(ticket), mailbox).message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("make", [reply, resolution])
def test_what_a_person_wrote_carries_no_sign_of_automatic_mail(mailbox: Mailbox, ticket: Ticket, make: Any) -> None:
    mailbox.takes_plus_addresses = False
    email = compose(make(ticket), mailbox)
    headers = email.message()
    for name in ("Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "X-ITIL-NEXT-Loop"):
        assert headers[name] is None, name
    assert email.envelope_sender == "support@desk.test"


# Over the wire


def test_the_server_is_told_the_envelopes_sender(smtp: Server, mailbox: Mailbox, ticket: Ticket) -> None:
    smtp.start()
    message = sent(ticket)
    [taken] = smtp.handler.taken
    assert taken.sender == bounce_address(message, mailbox)


def test_automatic_mail_has_an_empty_return_path_where_nothing_finds_it_again(
    smtp: Server, mailbox: Mailbox, ticket: Ticket
) -> None:
    Mailbox.objects.update(takes_plus_addresses=False)
    smtp.start()
    acknowledgement(ticket)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    assert [taken.sender for taken in smtp.handler.taken] == ["<>"]


REFUSED = [
    {"for_sender": ["553 5.7.1 not yours"]},
    {"for_recipient": {"dana@customer.test": ["553 5.7.1 <x>: Sender address rejected: not owned by user desk"]}},
    {"for_data": ["554 5.2.252 SendAsDenied; desk not allowed to send as another"]},
]


@pytest.mark.parametrize("answers", REFUSED)
@pytest.mark.parametrize("takes_plus_addresses", [True, False])
def test_a_server_that_takes_no_such_sender_gets_the_mailboxs_own(
    smtp: Server, mailbox: Mailbox, ticket: Ticket, answers: dict[str, Any], takes_plus_addresses: bool
) -> None:
    """As those that look at who has signed in: the mail arrives, which is worth more."""
    Mailbox.objects.update(takes_plus_addresses=takes_plus_addresses)
    smtp.start()
    vars(smtp.handler).update({name: _copied(given) for name, given in answers.items()})
    acknowledgement(ticket)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    assert [(taken.sender, taken.recipients) for taken in smtp.handler.taken] == [
        ("support@desk.test", ["dana@customer.test"])
    ]
    assert OutboundMessage.objects.get().status == OutboundStatus.SENT


@pytest.mark.parametrize("answers", REFUSED)
def test_one_that_hangs_up_then_too(smtp: Server, mailbox: Mailbox, ticket: Ticket, answers: dict[str, Any]) -> None:
    smtp.start()
    smtp.handler.hangs_up_after_refusing = True
    vars(smtp.handler).update({name: _copied(given) for name, given in answers.items()})
    assert sent(ticket).status == OutboundStatus.SENT
    assert [taken.sender for taken in smtp.handler.taken] == ["support@desk.test"]


def test_the_second_try_has_as_much_time_as_the_first(
    smtp: Server, mailbox: Mailbox, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one has used all of it when the server, at last, refuses the sender after the last byte."""
    passed: list[float] = []

    class Late(list[str]):
        def pop(self, *_index: Any) -> str:
            passed.append(MAX_SECONDS + 1)
            return super().pop()

    monkeypatch.setattr(smtp_module, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + sum(passed)))
    smtp.start()
    smtp.handler.for_data = Late(["554 5.2.252 SendAsDenied"])
    assert sent(ticket).status == OutboundStatus.SENT
    assert len(passed) == 1


def test_and_a_lease_of_its_own(mailbox: Mailbox, ticket: Ticket) -> None:
    left: list[timedelta] = []
    message = reply(ticket)
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False) as clock:

        class Refusing(FakeTransport):
            def deliver(self, email: object) -> None:
                message.refresh_from_db()
                left.append(message.leased_until - timezone.now())
                clock.shift(timedelta(seconds=50))
                super().deliver(email)

        send_due_mail(transport=Refusing(SenderRefusedError("550 5.7.60 SendAsDenied")))
    assert left == [timedelta(seconds=60)] * 2


def _copied(answers: Any) -> Any:
    return dict(zip(answers, map(list, answers.values()), strict=True)) if isinstance(answers, dict) else list(answers)


def test_other_refusals_are_not_asked_about_twice(smtp: Server, mailbox: Mailbox, ticket: Ticket) -> None:
    smtp.start()
    smtp.handler.for_data = ["554 5.7.1 looks like spam"]
    message = reply(ticket)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    message.refresh_from_db()
    assert (message.status, smtp.handler.taken) == (OutboundStatus.FAILED, [])


def test_a_maildir_is_told_it_as_a_return_path(
    ticket: Ticket, mailbox: Mailbox, settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "connectors.mail.maildir.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    message = sent(ticket)
    [path] = maildir.messages_in(maildir.folder_of("dana@customer.test", root=tmp_path))
    assert path.read_bytes().startswith(f"Return-Path: <{bounce_address(message, mailbox)}>\r\n".encode())


# What comes back


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_report_without_our_id_finds_exactly_its_mail_by_where_it_comes_to(
    mailbox: Mailbox, ticket: Ticket, header: str
) -> None:
    """Of two mails to the same person the older one, which recipient and time would not find."""
    first = sent(ticket)
    second = sent(ticket)
    address = bounce_address(first, mailbox)
    raw = report("", ("dana@customer.test", "failed", "5.1.1"), to=address if header == "To" else "support@desk.test")
    row = arrive(raw if header == "To" else f"{header}: {address}\r\n".encode() + raw, mailbox)
    assert (row.state, row.reason, row.evidence["rule"]) == (MailState.RECORDED, Reason.BOUNCE, "plus_address")
    for message in (first, second):
        message.refresh_from_db()
    assert (first.delivery["dana@customer.test"]["is_sure"], second.delivery) == (True, {})
    ticket.requester.refresh_from_db()
    assert ticket.requester.undeliverable_code == "5.1.1"


def test_the_returned_mails_own_return_path_is_as_good(mailbox: Mailbox, ticket: Ticket) -> None:
    first, _second = sent(ticket), sent(ticket)
    raw = report("", ("dana@customer.test", "failed", "5.1.1"))
    headers = (
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nReturn-Path: <{bounce_address(first, mailbox)}>\r\n\r\n--b--"
    )
    row = arrive(raw.replace(b"--b--", headers.encode()), mailbox)
    assert row.evidence["rule"] == "plus_address"
    first.refresh_from_db()
    assert first.delivery["dana@customer.test"]["delivery"] == "undeliverable"


def test_a_bounce_in_words_that_quotes_it_is_known(mailbox: Mailbox, ticket: Ticket) -> None:
    first, _second = sent(ticket), sent(ticket)
    body = (
        "Hi. This is the qmail-send program. I'm afraid I wasn't able to deliver your message.\n\n"
        "<dana@customer.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <{bounce_address(first, mailbox)}>\n"
    )
    raw = a_mail(sender="MAILER-DAEMON@mx.test", subject="failure notice", body=body, Return_Path="<>")
    row = arrive(raw, mailbox)
    assert (row.reason, row.evidence["rule"]) == (Reason.BOUNCE, "plus_address")
    first.refresh_from_db()
    assert list(first.delivery) == ["dana@customer.test"]


def test_a_report_to_an_altered_address_is_about_none_for_sure(mailbox: Mailbox, ticket: Ticket) -> None:
    first = sent(ticket)
    local, _at, domain = bounce_address(first, mailbox).partition("@")
    forged = f"{local[:-3]}aaa@{domain}"
    row = arrive(report("", ("dana@customer.test", "failed", "5.1.1"), to=forged), mailbox)
    assert row.evidence["rule"] == "recipient"


def test_the_dead_address_behind_an_acknowledgement_is_found_out(mailbox: Mailbox, ticket: Ticket) -> None:
    message = acknowledgement(ticket)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    arrive(report("", ("dana@customer.test", "failed", "5.1.1"), to=bounce_address(message, mailbox)), mailbox)
    ticket.requester.refresh_from_db()
    assert ticket.requester.undeliverable_code == "5.1.1"


def test_an_absence_note_to_the_return_path_is_kept_on_its_ticket(mailbox: Mailbox, ticket: Ticket) -> None:
    """RFC 3834: machines answer to the envelope's sender; nothing else need be left of the conversation."""
    address = bounce_address(sent(ticket), mailbox)
    away = arrive(a_mail(to=address, subject="Away", body="Back on Monday.", Auto_Submitted="auto-replied"), mailbox)
    assert (away.state, away.reason, away.ticket) == (MailState.RECORDED, Reason.AUTO_REPLY, ticket)


def test_the_ticket_page_shows_the_address_as_people_know_it(mailbox: Mailbox, ticket: Ticket, client: Client) -> None:
    address = bounce_address(sent(ticket), mailbox)
    arrive(a_mail(to=f"Desk <{address}>", subject="Re: Printer", body="It is."), mailbox)
    client.force_login(ticket.owner.user, backend="accounts.auth.AgentBackend")
    page = client.get(f"/t/{ticket.reference}/").content.decode()
    assert "To support@desk.test" in page
    assert address not in page
    assert reply_address(ticket, mailbox) not in page


@pytest.mark.parametrize("letter", ["\u0130", "\u212a"])
def test_letters_that_only_look_like_ours_in_another_case_trouble_nobody(letter: str) -> None:
    mailbox = MailboxFactory()
    raw = f"From: x@evil.test\r\nTo: support+b-{'a' * 38}{letter}@desk.test\r\nSubject: Hi\r\n\r\nHello\r\n".encode()
    assert (arrive(raw, mailbox).state, ids_in([f"+b-{'a' * 38}{letter}@desk.test"])) == (MailState.CREATED, [])
