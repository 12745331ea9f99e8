"""From the outbox to the customer's mailbox (acceptance 048; ruling 20, 29)."""

from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Agent
from connectors.mail import maildir
from connectors.mail.composing import compose
from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail
from tests.connectors.mail.conftest import received_by, released_reply
from tests.factories import AbsenceFactory, AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import EntryKind, OutboundStatus, Visibility
from tickets.message_ids import is_ours
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import NewFile, accept_ticket, release_message, reply_to_customer

pytestmark = pytest.mark.django_db


def test_048_customer_gets_the_reply_in_the_owners_name(mailbox: Mailbox, maildirs: Path) -> None:
    message = released_reply(mailbox)
    assert send_due_mail() == 1
    (received,) = received_by("dana@customer.test")
    assert received["From"] == "Ann Becker <support@desk.test>"
    assert received["To"] == "dana@customer.test"
    assert received["Reply-To"] == "support@desk.test"
    assert received["Subject"] == f"RE: [{message.ticket.reference}] Printer is on fire"
    assert received["Message-ID"] == f"<{message.email_message_id}>"
    assert is_ours(message.email_message_id)
    assert received["In-Reply-To"] == "<first@customer.test>"
    assert received["References"].split() == ["<a@customer.test>", "<b@customer.test>", "<first@customer.test>"]
    for name in ("Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "X-ITIL-NEXT-Loop"):
        assert name not in received
    message.refresh_from_db()
    assert (message.status, message.attempts) == (OutboundStatus.SENT, 1)
    entry = TimelineEntry.objects.get(kind=EntryKind.EMAIL_OUTBOUND)
    assert (entry.visibility, entry.body_text) == (Visibility.PUBLIC, "Is the plug in?")


def test_048_nothing_is_sent_before_the_hold_ends(mailbox: Mailbox, maildirs: Path) -> None:
    incoming = arrive(a_mail(), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    reply_to_customer(incoming.ticket_id, by=ann, body_text="Is the plug in?")
    assert send_due_mail(now=timezone.now() + timedelta(hours=1)) == 0
    assert received_by("dana@customer.test") == []


def test_answer_of_the_customer_to_the_delivered_mail_joins_the_ticket(mailbox: Mailbox, maildirs: Path) -> None:
    message = released_reply(mailbox)
    send_due_mail()
    (received,) = received_by("dana@customer.test")
    answer = arrive(a_mail(In_Reply_To=received["Message-ID"], subject="no reference"), mailbox)
    assert answer.ticket == message.ticket


def test_text_and_html_say_the_same_and_html_is_escaped(mailbox: Mailbox) -> None:
    released_reply(mailbox, text="a < b & <script>x</script>\nsee https://help.test/a?b=1&c=2")
    send_due_mail()
    (email,) = mail.outbox
    assert email.body.startswith("a < b")
    ((html, kind),) = email.alternatives  # type: ignore[attr-defined]
    assert kind == "text/html"
    assert "a &lt; b &amp; &lt;script&gt;" in html
    assert 'href="https://help.test/a?b=1&amp;c=2"' in html


def test_files_and_copies_go_along(mailbox: Mailbox, maildirs: Path) -> None:
    table = "Käse;1\nBrot;2\r".encode("latin-1")  # its line ends and letters are its own
    files = [NewFile("plan.pdf", b"%PDF-1.4 plan"), NewFile("run.exe", b"MZ bad"), NewFile("Übersicht.csv", table)]
    released_reply(mailbox, cc=["bob@customer.test"], files=files)
    send_due_mail()
    for address in ("dana@customer.test", "bob@customer.test"):
        (received,) = received_by(address)
        assert received["Cc"] == "bob@customer.test"
        parts = {part.get_filename(): part for part in received.walk() if part.get_filename()}
        assert list(parts) == ["plan.pdf", "Übersicht.csv"]
        assert [part.get_payload(decode=True) for part in parts.values()] == [b"%PDF-1.4 plan", table]


def test_customers_words_cannot_add_a_header(mailbox: Mailbox) -> None:
    raw = b"From: a@b.test\r\nMessage-ID: <x@b.test>\r\nSubject: =?utf-8?q?hello=0D=0ABcc=3A_eve=40evil.test?=\r\n\r\nx"
    incoming = arrive(raw, mailbox)
    ann = AgentFactory(name="Ann\r\nBcc: eve@evil.test", teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text="x")
    message.subject = "RE: a\r\nBcc: eve@evil.test"
    email = compose(message, mailbox)
    sent = message_from_bytes(email.message().as_bytes())
    assert "Bcc" not in sent
    assert sent["Subject"] == "RE: a Bcc: eve@evil.test"
    assert email.recipients() == ["a@b.test"]


def test_deputy_writes_in_the_owners_name(mailbox: Mailbox) -> None:
    incoming = arrive(a_mail(), mailbox)
    ann = AgentFactory(name="Ann Becker", teams=[mailbox.team])
    bob = AgentFactory(name="Bob Deputy", teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    AbsenceFactory(agent=ann, deputy=bob)
    message = reply_to_customer(incoming.ticket_id, by=Agent.objects.get(pk=bob.pk), body_text="x")
    release_message(message.pk, now=message.release_at)
    send_due_mail()
    assert mail.outbox[0].from_email == "Ann Becker <support@desk.test>"


def test_reply_comes_from_the_mailbox_of_the_tickets_team(mailbox: Mailbox) -> None:
    other = MailboxFactory(address="network@desk.test")
    incoming = arrive(a_mail(), mailbox)
    Ticket.objects.filter(pk=incoming.ticket_id).update(team=other.team)
    ann = AgentFactory(name="Ann", teams=[other.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text="x")
    release_message(message.pk, now=message.release_at)
    send_due_mail()
    assert mail.outbox[0].from_email == "Ann <network@desk.test>"


def test_without_a_mailbox_the_mail_waits_and_says_why(mailbox: Mailbox) -> None:
    message = released_reply(mailbox)
    Mailbox.objects.update(is_active=False)
    send_due_mail()
    message.refresh_from_db()
    assert message.status == OutboundStatus.QUEUED
    assert "add_mailbox" in message.last_error


def test_same_mail_delivered_twice_lies_once_in_the_customers_maildir(mailbox: Mailbox, maildirs: Path) -> None:
    message = released_reply(mailbox)
    send_due_mail()
    OutboundMessage.objects.filter(pk=message.pk).update(
        status=OutboundStatus.SENDING, next_attempt_at=timezone.now(), leased_until=timezone.now()
    )
    assert send_due_mail(now=timezone.now() + timedelta(seconds=1)) == 1
    assert len(received_by("dana@customer.test")) == 1
    maildir.move_to_cur(next(maildir.messages_in(maildir.folder_of("dana@customer.test"))))
    OutboundMessage.objects.filter(pk=message.pk).update(
        status=OutboundStatus.SENDING, next_attempt_at=timezone.now(), leased_until=timezone.now()
    )
    assert send_due_mail(now=timezone.now() + timedelta(seconds=1)) == 1
    assert len(received_by("dana@customer.test")) == 1


def test_address_of_a_recipient_cannot_leave_the_folder(tmp_path: Path) -> None:
    for address in (
        "../../etc/x@y.test",
        "/abs@y.test",
        "..",
        ".hidden@y.test",
        "a\\b@y.test",
        "x" * 400 + "@y.test",
        "",
    ):
        assert maildir.folder_of(address, root=tmp_path).resolve().parent == tmp_path.resolve()
