"""Sending through a real SMTP server: each answer told apart, each recipient sent to once (ruling 29)."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from connectors.mail.models import Handover, Mailbox
from connectors.mail.services import send_due_mail
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tests.imap_server import free_port
from tests.smtp_server import Server, only_user, tls_context
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage
from tickets.services import NewFile, accept_ticket, release_message, reply_to_customer

pytestmark = pytest.mark.django_db


def a_reply(mailbox: Mailbox, *, sender: str = "dana@customer.test", **more: object) -> OutboundMessage:
    """Due for sending, to the sender of a mail."""
    raw = a_mail(sender="dana@customer.test").replace(b"dana@customer.test", sender.encode())
    incoming = arrive(raw, mailbox)
    ann = AgentFactory(name="Ann Becker", teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text="Is the plug in?", **more)  # type: ignore[arg-type]
    release_message(message.pk, now=message.release_at)
    return message


def send(*, after: timedelta = timedelta(days=1)) -> None:
    """Whatever is due once the pauses are over."""
    send_due_mail(now=timezone.now() + after)


def outcome(message: OutboundMessage) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.last_error


def recipients(server: Server) -> list[list[str]]:
    return [taken.recipients for taken in server.handler.taken]


def test_reply_reaches_the_server_whole(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    content = bytes(range(256)) * 2000
    message = a_reply(mailbox, cc=["bob@customer.test"], files=[NewFile("plan.bin", content)])
    send()
    (taken,) = smtp.handler.taken
    assert taken.recipients == ["dana@customer.test", "bob@customer.test"]
    assert taken.mail["Message-ID"] == f"<{message.email_message_id}>"
    (file,) = [part for part in taken.mail.walk() if part.get_filename()]
    assert file.get_payload(decode=True) == content
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert not Handover.objects.exists()


def test_line_with_a_single_dot_arrives_as_it_was_written(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    incoming = arrive(a_mail(), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text="One\n.\n..two\nEnd")
    release_message(message.pk, now=message.release_at)
    send()
    (text,) = [part for part in smtp.handler.taken[0].mail.walk() if part.get_content_type() == "text/plain"]
    assert text.get_payload(decode=True) == b"One\r\n.\r\n..two\r\nEnd"


def test_several_mails_go_over_one_connection(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.handler.for_recipient["dana@customer.test"] = ["550 no such person"]
    first, second = a_reply(mailbox), a_reply(mailbox)
    send()
    assert [outcome(message)[0] for message in (first, second)] == [OutboundStatus.FAILED, OutboundStatus.SENT]


def test_451_then_250_is_sent_once(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.handler.for_data = ["451 4.3.0 try again"]
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, "451 4.3.0 try again")
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert recipients(smtp) == [["dana@customer.test"]]


PERMANENT = [
    ({"for_recipient": {"dana@customer.test": ["550 5.1.1 unknown"]}}, "dana@customer.test: 550 5.1.1 unknown"),
    ({"for_data": ["554 5.7.1 looks like spam"]}, "554 5.7.1 looks like spam"),
    ({"for_sender": ["553 5.1.8 not your address"]}, "553 5.1.8 not your address"),
]


@pytest.mark.parametrize(("answers", "words"), PERMANENT)
def test_permanent_refusal_fails_at_once_in_the_servers_words(
    smtp: Server, mailbox: Mailbox, answers: dict[str, object], words: str
) -> None:
    smtp.start()
    vars(smtp.handler).update(answers)
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.FAILED, words)
    send()
    assert smtp.handler.taken == []


TRANSIENT = [
    ({"for_recipient": {"dana@customer.test": ["450 4.2.1 greylisted"]}}, "dana@customer.test: 450 4.2.1 greylisted"),
    ({"for_sender": ["452 4.3.1 disk full"]}, "452 4.3.1 disk full"),
    ({"for_sender": ["530 5.7.0 sign in first"]}, "The mail server refused our sign-in (530)."),
    ({"for_recipient": {"dana@customer.test": ["421 4.3.2 shutting down"]}}, "421 4.3.2 shutting down"),
]


@pytest.mark.parametrize(("answers", "words"), TRANSIENT)
def test_what_can_heal_is_tried_again(smtp: Server, mailbox: Mailbox, answers: dict[str, object], words: str) -> None:
    smtp.start()
    vars(smtp.handler).update(answers)
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, words)
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")


def test_550_for_one_of_two_recipients_is_told_and_the_other_has_it_once(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.handler.for_recipient["bob@customer.test"] = ["550 5.1.1 unknown"]
    message = a_reply(mailbox, cc=["bob@customer.test"])
    send()
    words = "bob@customer.test: 550 5.1.1 unknown"
    assert outcome(message) == (OutboundStatus.FAILED, words)
    send()
    assert recipients(smtp) == [["dana@customer.test"]]
    assert smtp.handler.taken[0].mail["Cc"] == "bob@customer.test"


def test_451_for_one_of_two_recipients_is_sent_later_to_that_one_only(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.handler.for_recipient["bob@customer.test"] = ["451 greylisted"]
    message = a_reply(mailbox, cc=["bob@customer.test"])
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, "bob@customer.test: 451 greylisted")
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert recipients(smtp) == [["dana@customer.test"], ["bob@customer.test"]]
    assert len({taken.mail["Message-ID"] for taken in smtp.handler.taken}) == 1


def test_who_was_refused_is_told_also_if_the_answer_to_the_others_was_lost(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.handler.for_recipient["bob@customer.test"] = ["550 5.1.1 unknown"]
    smtp.handler.for_data = ["drop"]
    message = a_reply(mailbox, cc=["bob@customer.test"])
    send()
    assert outcome(message)[0] == OutboundStatus.QUEUED
    send()  # bob, who would be let in now, was refused for good
    words = "bob@customer.test: 550 5.1.1 unknown"
    assert outcome(message) == (OutboundStatus.FAILED, words)
    assert recipients(smtp) == [["dana@customer.test"]] * 2


def test_each_recipient_with_an_answer_of_their_own(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.handler.for_recipient |= {"bob@customer.test": ["451 later"], "eve@customer.test": ["550 unknown"]}
    message = a_reply(mailbox, cc=["bob@customer.test", "eve@customer.test"])
    send()
    assert outcome(message)[0] == OutboundStatus.QUEUED
    send()
    words = "eve@customer.test: 550 unknown"
    assert outcome(message) == (OutboundStatus.FAILED, words)
    assert recipients(smtp) == [["dana@customer.test"], ["bob@customer.test"]]


@pytest.mark.parametrize("answer", ["drop", "silence"])
def test_lost_after_the_last_byte_it_goes_again_under_the_same_message_id(
    smtp: Server, mailbox: Mailbox, answer: str
) -> None:
    """Where no Sent folder can be looked at; whoever gets both can tell that they are one."""
    smtp.start()
    smtp.used_by(f"smtp://localhost:{smtp.port}?tls=0&timeout=1")
    smtp.handler.for_data = [answer]
    message = a_reply(mailbox)
    send()
    status, error = outcome(message)
    assert status == OutboundStatus.QUEUED
    assert "the mail server may have the mail" in error
    assert Handover.objects.get().is_unclear
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")
    assert {taken.mail["Message-ID"] for taken in smtp.handler.taken} == {f"<{message.email_message_id}>"}


def test_unreachable_server_is_told(smtp: Server, mailbox: Mailbox) -> None:
    smtp.used_by(f"smtp://localhost:{free_port()}?tls=0")
    message = a_reply(mailbox)
    send()
    status, error = outcome(message)
    assert status == OutboundStatus.QUEUED
    assert "was not reached" in error
    assert "Connection refused" in error


def test_server_without_starttls_gets_nothing_and_no_mail_is_given_up(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.used_by(f"smtp://user:hush@localhost:{smtp.port}?tls=1")
    message = a_reply(mailbox)
    send()
    status, error = outcome(message)
    assert (status, smtp.handler.taken) == (OutboundStatus.QUEUED, [])
    assert "cannot do what EMAIL_URL asks for: STARTTLS" in error


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_tls_as_the_address_says_with_a_trusted_certificate_alone(
    smtp: Server, mailbox: Mailbox, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = tls_context(tmp_path)
    if scheme == "smtps":
        smtp.start(ssl_context=context)
    else:
        smtp.start(tls_context=context, require_starttls=True)
    smtp.used_by(f"{scheme}://localhost:{smtp.port}?timeout=5")
    message = a_reply(mailbox)
    send()
    assert outcome(message)[0] == OutboundStatus.QUEUED
    assert "The certificate of the mail server is not trusted" in outcome(message)[1]
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")


def test_tls_spoken_to_a_server_without_it_is_told(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start()
    smtp.used_by(f"smtps://localhost:{smtp.port}?timeout=2")
    message = a_reply(mailbox)
    send()
    assert outcome(message)[0] == OutboundStatus.QUEUED
    assert "does not speak TLS as EMAIL_URL says" in outcome(message)[1]


def test_refused_sign_in_waits_for_the_operator_and_tells_no_password(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start(authenticator=only_user("desk", "right"), auth_require_tls=False)
    smtp.used_by(f"smtp://desk:wrong@localhost:{smtp.port}?tls=0")
    message = a_reply(mailbox)
    send()
    assert outcome(message) == (OutboundStatus.QUEUED, "The mail server refused our sign-in (535).")
    smtp.used_by(f"smtp://desk:right@localhost:{smtp.port}?tls=0")
    send()
    assert outcome(message) == (OutboundStatus.SENT, "")


def test_an_address_beyond_ascii_is_sent_to_as_it_is_where_the_server_can(smtp: Server, mailbox: Mailbox) -> None:
    """RFC 6531; and the next, ordinary mail over the same connection is an ordinary one."""
    smtp.start(enable_SMTPUTF8=True)
    message = a_reply(mailbox, sender="Jürgen <jürgen@exämple.test>", cc=["bob@customer.test"])
    second = reply_to_customer(message.ticket_id, by=message.ticket.owner, body_text="x", cc=["eve@customer.test"])
    release_message(second.pk, now=second.release_at)
    ordinary = a_reply(mailbox)
    send()
    assert [outcome(sent) for sent in (message, second, ordinary)] == [(OutboundStatus.SENT, "")] * 3
    assert recipients(smtp) == [
        ["jürgen@exämple.test", "bob@customer.test"],
        ["jürgen@exämple.test", "eve@customer.test"],
        ["dana@customer.test"],
    ]
    assert "\r\nTo: jürgen@exämple.test\r\n".encode() in smtp.handler.taken[0].content


def test_where_the_server_cannot_it_is_a_failure_in_plain_words(smtp: Server, mailbox: Mailbox) -> None:
    smtp.start(enable_SMTPUTF8=False)
    message = a_reply(mailbox, sender="Jürgen <jürgen@example.test>")
    send()
    assert outcome(message) == (
        OutboundStatus.FAILED,
        (
            "Our mail server cannot send to jürgen@example.test: it takes no addresses with letters beyond ASCII "
            "before the @ (SMTPUTF8)."
        ),
    )
    assert smtp.handler.taken == []
