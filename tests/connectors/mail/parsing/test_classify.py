"""What kind of mail it is, and whether it may be answered automatically. Wordings are made up after each dialect."""

import pytest

from connectors.mail.parsing import MailKind, ParsedMail, parse
from tests.connectors.mail.parsing.build import mail, multipart, text_part


def kind_of(head: bytes, body: str = "words\r\n") -> ParsedMail:
    return parse(head + b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body.encode())


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-replied", b"Auto-Submitted: auto-replied (vacation)", b"X-Autoreply: yes",
        b"X-Autorespond: holiday", b"X-Vacation: 1", b"Precedence: auto_reply", b"X-Mail-Autoreply: yes",
    ],
)  # fmt: skip
def test_automatic_replies_are_known_by_their_headers(header: bytes) -> None:
    found = kind_of(b"From: ann@a.example\r\nSubject: Re: Printer\r\n" + header)
    assert (found.kind, found.is_auto_reply, found.no_auto_response) == (MailKind.AUTO_REPLY, True, True)
    assert found.reasons


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Printer", "Out of office: Printer", "Abwesenheitsnotiz: Drucker", "Automatische Antwort: x",
        "Réponse automatique : x", "Respuesta automática: x", "Risposta automatica: x", "Automatisch antwoord: x",
        "自動応答: x", "Автоматический ответ: x", "Autosvar: x", "Odpowiedź automatyczna: x",
    ],
)  # fmt: skip
def test_a_subject_counts_only_together_with_another_sign(subject: str) -> None:
    head = f"From: ann@a.example\r\nSubject: {subject}".encode()
    assert kind_of(head + b"\r\nX-Auto-Response-Suppress: All").is_auto_reply
    assert kind_of(head + b"\r\nReturn-Path: <>").is_auto_reply
    alone = kind_of(head)
    assert (alone.is_auto_reply, alone.no_auto_response, alone.kind) == (False, False, MailKind.NORMAL)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"List-Id: <users.example.org>", MailKind.LIST),
        (b"List-Unsubscribe: <mailto:x@y>", MailKind.LIST),
        (b"Precedence: bulk", MailKind.BULK),
        (b"Feedback-ID: 1:campaign", MailKind.BULK),
        (b"Auto-Submitted: auto-generated", MailKind.AUTO_GENERATED),
        (b"Auto-Submitted: auto-notified", MailKind.AUTO_GENERATED),
        (b"X-Auto-Response-Suppress: DR, OOF, AutoReply", MailKind.NORMAL),
        (b"X-Loop: desk@a.example", MailKind.NORMAL),
        (b"X-ITIL-NEXT-Loop: desk; 1", MailKind.NORMAL),
    ],
)
def test_mail_that_must_not_be_answered_automatically(header: bytes, kind: MailKind) -> None:
    found = kind_of(b"From: ann@a.example\r\nSubject: Printer\r\n" + header)
    assert (found.kind, found.no_auto_response, found.is_auto_reply) == (kind, True, False)


@pytest.mark.parametrize("sender", [b"no-reply@shop.example", b"noreply@a.example", b"MAILER-DAEMON@a.example",
                                    b"donotreply@a.example", b"postmaster@a.example"])  # fmt: skip
def test_senders_that_read_no_answers(sender: bytes) -> None:
    assert kind_of(b"From: " + sender + b"\r\nSubject: Order 4711").no_auto_response


@pytest.mark.parametrize(
    "header",
    [b"Auto-Submitted: no", b"Auto-Submitted: No (a person)", b"Precedence: normal",
     b"X-Auto-Response-Suppress: DR, RN", b"Precedence: first-class"],
)  # fmt: skip
def test_a_persons_mail_may_be_answered(header: bytes) -> None:
    found = kind_of(b"From: ann@a.example\r\nSubject: out of paper\r\n" + header)
    assert (found.kind, found.no_auto_response, found.reasons) == (MailKind.NORMAL, False, ())


STATUS = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"


def report(fields: bytes, kind: bytes = b"report; report-type=delivery-status") -> ParsedMail:
    returned = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours@desk.example>\r\nSubject: x\r\n\r\nbody"
    return parse(multipart(text_part("It failed."), STATUS + fields, returned, kind=kind))


def test_a_delivery_report_of_failure_is_a_bounce() -> None:
    found = report(
        b"Original-Recipient: rfc822;Gone@a.example\r\nFinal-Recipient: rfc822; gone@a.example\r\nAction: failed\r\n"
        b"Status: 5.1.1 (bad mailbox)\r\nDiagnostic-Code: smtp; 550 5.1.1 unknown\r\n"
    )
    assert (found.kind, found.is_bounce, found.no_auto_response) == (MailKind.BOUNCE, True, True)
    assert found.delivery.recipients == ("gone@a.example",)
    assert found.delivery.statuses == ("5.1.1",)
    assert found.delivery.original_message_ids == ("ours@desk.example",)


@pytest.mark.parametrize(("action", "kind"), [(b"delayed", MailKind.DELAY), (b"delivered", MailKind.REPORT),
                                              (b"relayed", MailKind.REPORT)])  # fmt: skip
def test_delays_and_receipts_are_no_bounces(action: bytes, kind: MailKind) -> None:
    found = report(b"Final-Recipient: rfc822; slow@a.example\r\nAction: " + action + b"\r\nStatus: 4.4.1\r\n")
    assert (found.kind, found.is_bounce, found.no_auto_response) == (kind, False, True)


@pytest.mark.parametrize(
    ("part", "label"),
    [
        (b"message/disposition-notification", b"disposition-notification"),
        (b"message/feedback-report", b"feedback-report"),
    ],
)
def test_read_receipts_and_complaints_are_reports(part: bytes, label: bytes) -> None:
    machine = b"Content-Type: " + part + b"\r\n\r\nFinal-Recipient: rfc822; ann@a.example\r\n"
    found = parse(
        multipart(text_part("Your mail was not delivered, or was it?"), machine, kind=b"report; report-type=" + label)
    )
    assert (found.kind, found.is_bounce, found.is_auto_reply) == (MailKind.REPORT, False, False)


# Head and body, divided by a blank line.
BOUNCES = {
    "qmail": """\
From: MAILER-DAEMON@mx.example
Subject: failure notice

Hi. This is the qmail-send program.
I'm afraid I wasn't able to deliver your message.

<gone@a.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no mailbox

--- Below this line is a copy of the message.

Message-ID: <ours@desk.example>
To: other@b.example
""",
    "exim": """\
From: Mail Delivery System <Mailer-Daemon@mx.example>
X-Failed-Recipients: gone@a.example
Subject: Mail delivery failed: returning message to sender
Auto-Submitted: auto-replied

A message could not be delivered:

  gone@a.example
    SMTP error: 550 5.1.1 unknown

------ This is a copy of the message, including all the headers. ------

Message-ID: <ours@desk.example>
""",
    "exchange": """\
From: System Administrator <postmaster@mx.example>
Subject: Undeliverable: Printer

Your message did not reach some or all of the intended recipients.

  gone@a.example on 1/1/2024
  The e-mail account does not exist. <mx.example #5.1.1>

Message-ID: <ours@desk.example>
""",
    "german": """\
From: Postmaster <postmaster@mx.example>
Return-Path: <>
Subject: Unzustellbar: Drucker

Ihre Nachricht konnte nicht zugestellt werden.

Empfänger: gone@a.example
550 5.1.1 unbekannt
""",
    "gmail": """\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
Subject: Delivery Status Notification (Failure)

Delivery to the following recipient failed permanently:

     gone@a.example

550 5.1.1 no such user
----- Original message -----
Message-ID: <ours@desk.example>
""",
}


def _divided(text: str) -> tuple[bytes, str]:
    head, _, body = text.partition("\n\n")
    return head.replace("\n", "\r\n").encode(), body


@pytest.mark.parametrize("dialect", BOUNCES)
def test_bounces_in_words_are_known(dialect: str) -> None:
    found = kind_of(*_divided(BOUNCES[dialect]))
    assert (found.kind, found.is_bounce, found.is_auto_reply) == (MailKind.BOUNCE, True, False)
    assert found.delivery.recipients == ("gone@a.example",)
    assert found.delivery.statuses == ("5.1.1",)


def test_the_ids_of_returned_headers_are_found_in_the_text() -> None:
    assert kind_of(*_divided(BOUNCES["qmail"])).delivery.original_message_ids == ("ours@desk.example",)


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    found = kind_of(
        b"From: ann@a.example\r\nSubject: Fwd: Undelivered Mail Returned to Sender", _divided(BOUNCES["qmail"])[1]
    )
    assert (found.kind, found.is_bounce) == (MailKind.NORMAL, False)


def test_a_vacation_note_with_an_empty_return_path_is_no_bounce() -> None:
    found = kind_of(
        b"From: ann@a.example\r\nReturn-Path: <>\r\nSubject: Automatic reply: Printer",
        "I am out of the office. Mails sent to me will not be delivered to anybody else.",
    )
    assert (found.kind, found.is_bounce, found.is_auto_reply) == (MailKind.AUTO_REPLY, False, True)


def test_a_warning_of_delay_in_words_is_no_bounce() -> None:
    found = kind_of(
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Warning: message delayed 24 hours",
        "Your message could not be delivered yet. You do not need to resend it.",
    )
    assert (found.kind, found.is_bounce) == (MailKind.DELAY, False)


def test_the_original_sender_of_a_forward_is_found() -> None:
    body = b"FYI\r\n\r\n---------- Forwarded message ---------\r\nVon: Bob <bob@b.example>\r\nDate: today\r\n\r\nwords"
    forwarded = parse(mail(body=body)).forwarded_from
    assert forwarded is not None
    assert (forwarded.name, forwarded.address) == ("Bob", "bob@b.example")
    assert parse(mail()).forwarded_from is None


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        ("postmaster@a.example", "Please change our MX", "User unknown since you moved the server."),
        ("Mail Administrator <admin@a.example>", "Delivery failed to our supplier", "Mails come back. To: them all."),
        ("postmaster@a.example", "Undeliverable mails to Bob", "550 5.1.1 user unknown, for a week now."),
    ],
)
def test_words_about_bounces_from_a_person_at_such_an_address_are_no_bounce(
    sender: str, subject: str, body: str
) -> None:
    head = f"From: {sender}\r\nSubject: {subject}".encode()
    found = kind_of(head, body)
    assert (found.kind, found.is_bounce, found.no_auto_response) == (MailKind.AUTO_GENERATED, False, True)
    assert kind_of(head + b"\r\nReturn-Path: <>", body).is_bounce
    quoted = f"{body}\n\nFrom: Desk <desk@desk.example>\nTo: Bob\nSubject: x\nDate: today\n\nHello Bob\n"
    assert not kind_of(head, quoted).is_bounce
    assert kind_of(head, f"{body}\n\nMessage-ID: <ours@desk.example>\nSubject: x\n").is_bounce
    assert kind_of(head + b"\r\nX-Failed-Recipients: bob@b.example", body).is_bounce


@pytest.mark.parametrize(
    ("header", "body", "is_guess"),
    [
        ("X-Auto-Response-Suppress: All", "x", False),
        ("Auto-Submitted: auto-replied", "I am out of the office", False),
        ("Return-Path: <>", "x", False),
        ("X-Mailer: x", "I am out of the office", True),
        ("In-Reply-To: <a@b.example>", "x", True),
    ],
)
def test_an_automatic_reply_by_words_alone_is_told_from_a_sure_one(header: str, body: str, is_guess: bool) -> None:
    found = kind_of(f"From: ann@a.example\r\nSubject: Automatic reply: Printer\r\n{header}".encode(), body)
    assert (found.kind, found.is_guess) == (MailKind.AUTO_REPLY, is_guess)


def test_a_delay_by_words_alone_is_a_guess() -> None:
    head, body = b"From: postmaster@a.example\r\nSubject: Mails delayed since Monday", "Please help."
    assert (kind_of(head, body).kind, kind_of(head, body).is_guess) == (MailKind.DELAY, True)
    assert not kind_of(head + b"\r\nReturn-Path: <>", body).is_guess
