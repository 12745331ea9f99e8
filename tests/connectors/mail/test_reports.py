"""Delivery reports, receipts and calendar answers: noted on the mail they are about, told once, no effect (045)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Agent, Contact
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import send_due_mail
from core.events import deliver_due
from notifications.models import Notification
from notifications.wording import describe
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tickets.enums import OutboundStatus, TicketStatus, Visibility
from tickets.models import OutboundMessage, Ticket
from tickets.services import accept_ticket, release_message, reply_to_customer, resolve_ticket, wait_for_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(mailbox: Mailbox) -> Agent:
    found: Agent = AgentFactory(teams=[mailbox.team])
    return found


def sent_reply(mailbox: Mailbox, ann: Agent, *, cc: tuple[str, ...] = (), sender: str = "dana@customer.test"):
    """A reply that has left for the customer."""
    incoming = arrive(a_mail(sender=sender, body=f"From {sender}"), mailbox)
    accept_ticket(incoming.ticket_id, by=ann)
    reply = reply_to_customer(incoming.ticket_id, by=ann, body_text="Is the plug in?", cc=list(cc))
    release_message(reply.pk, now=reply.release_at)
    send_due_mail(now=timezone.now() + timedelta(seconds=1))
    reply.refresh_from_db()
    assert reply.status == OutboundStatus.SENT
    return reply


def report(
    about: str,
    *recipients: tuple[str, str, str],
    kind: str = "delivery-status",
    to: str = "support@desk.test",
    number: int = 1,
) -> bytes:
    """RFC 3464; recipients as (address, action, status)."""
    blocks = "".join(
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        for address, action, status in recipients
    )
    original = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{about}>\r\n\r\n" if about else ""
    return (
        f"From: MAILER-DAEMON@mx.test\r\nTo: {to}\r\nSubject: Mail delivery report\r\n"
        f"Message-ID: <dsn{number}@mx.test>\r\n"
        "Return-Path: <>\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is what became of your mail.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n{blocks}"
        f"{original}--b--\r\n"
    ).encode()


def told(agent: Agent) -> list[str]:
    deliver_due(limit=1000)
    rows = Notification.objects.filter(recipient=agent, event_type="send_failed").order_by("created_at")
    return [describe(row) for row in rows]


def what_is_noted(message: OutboundMessage) -> dict[str, tuple[str, str, bool]]:
    message.refresh_from_db()
    return {
        address: (facts["delivery"], facts["code"], facts["is_sure"]) for address, facts in message.delivery.items()
    }


def test_045_permanent_report_marks_the_address_and_tells_the_owner_once(mailbox: Mailbox, ann: Agent) -> None:
    ours, other = sent_reply(mailbox, ann), sent_reply(mailbox, ann, sender="bob@customer.test")
    raw = report(ours.email_message_id, ("dana@customer.test", "failed", "5.1.1"))
    message = arrive(raw, mailbox)
    again = arrive(report(ours.email_message_id, ("dana@customer.test", "failed", "5.1.1"), number=2), mailbox)
    assert [(row.state, row.reason, row.ticket) for row in (message, again)] == [
        (MailState.RECORDED, Reason.BOUNCE, ours.ticket)
    ] * 2
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", True)}
    assert what_is_noted(other) == {}
    assert message.evidence["delivery"] == ["dana@customer.test: undeliverable 5.1.1"]
    assert told(ann) == [f"A message on {ours.ticket.reference} did not reach dana@customer.test"]


def test_045_the_entry_shows_the_failure_and_a_way_forward(mailbox: Mailbox, ann: Agent, client: Client) -> None:
    ours = sent_reply(mailbox, ann)
    client.force_login(ann.user, backend="accounts.auth.AgentBackend")
    address = f"/t/{ours.ticket.reference}/"
    assert "Undeliverable" not in client.get(address).content.decode()
    arrive(report(ours.email_message_id, ("dana@customer.test", "failed", "5.1.1")), mailbox)
    page = client.get(address).content.decode()
    assert "Undeliverable to dana@customer.test (status 5.1.1): the address does not take this mail" in page
    assert f'<a href="{address}?compose=reply">Check the address and write again</a>' in page
    assert "Delivery report" in page


@pytest.mark.parametrize(
    ("action", "status", "noted", "is_told"),
    [
        ("delayed", "4.4.1", "delayed", False),
        ("failed", "4.4.7", "given_up", True),
        ("delivered", "2.0.0", "delivered", False),
        ("relayed", "2.0.0", "delivered", False),
        ("failed", "5.2.2", "undeliverable", True),
    ],
)
def test_only_a_permanent_status_marks_the_address(
    action: str, status: str, noted: str, is_told: bool, mailbox: Mailbox, ann: Agent
) -> None:
    ours = sent_reply(mailbox, ann)
    arrive(report(ours.email_message_id, ("dana@customer.test", action, status)), mailbox)
    assert what_is_noted(ours) == {"dana@customer.test": (noted, status, True)}
    assert bool(told(ann)) is is_told


def test_each_recipient_has_its_own_outcome(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann, cc=("eve@customer.test",))
    recipients = [("dana@customer.test", "delivered", "2.0.0"), ("eve@customer.test", "failed", "5.1.1")]
    arrive(report(ours.email_message_id, *recipients), mailbox)
    assert what_is_noted(ours) == {
        "dana@customer.test": ("delivered", "2.0.0", True),
        "eve@customer.test": ("undeliverable", "5.1.1", True),
    }


def test_a_weaker_report_takes_nothing_back(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    arrive(report(ours.email_message_id, ("dana@customer.test", "failed", "5.1.1")), mailbox)
    arrive(report(ours.email_message_id, ("dana@customer.test", "delayed", "4.4.1"), number=2), mailbox)
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", True)}


def test_without_an_id_the_recipient_and_the_time_speak_with_low_confidence(mailbox: Mailbox, ann: Agent) -> None:
    older, newer = sent_reply(mailbox, ann), sent_reply(mailbox, ann, sender="Dana <dana@customer.test>")
    message = arrive(report("", ("dana@customer.test", "failed", "5.1.1")), mailbox)
    assert (message.ticket, message.evidence["rule"], message.evidence["confidence"]) == (
        newer.ticket,
        "recipient",
        "claimed",
    )
    assert what_is_noted(newer) == {"dana@customer.test": ("undeliverable", "5.1.1", False)}
    assert what_is_noted(older) == {}


def test_what_was_probable_and_becomes_sure_is_news(mailbox: Mailbox, ann: Agent, client: Client) -> None:
    """The contact is marked then, and the owner told of both."""
    ours = sent_reply(mailbox, ann)
    client.force_login(ann.user, backend="accounts.auth.AgentBackend")
    arrive(report("", ("dana@customer.test", "failed", "5.1.1")), mailbox)
    words = f"A message on {ours.ticket.reference} probably did not reach dana@customer.test"
    assert (told(ann), ours.ticket.requester.undeliverable_at) == ([words], None)
    assert "Probably undeliverable to dana@customer.test" in client.get(f"/t/{ours.ticket.reference}/").content.decode()
    for number in (2, 3):
        arrive(report(ours.email_message_id, ("dana@customer.test", "failed", "5.1.1"), number=number), mailbox)
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", True)}
    assert Contact.objects.get(email="dana@customer.test").undeliverable_code == "5.1.1"
    assert sorted(told(ann)) == [f"A message on {ours.ticket.reference} did not reach dana@customer.test", words]
    arrive(report("", ("dana@customer.test", "failed", "5.2.2"), number=4), mailbox)  # and stays sure
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", True)}


def test_a_mail_given_up_on_by_a_report_that_names_none_is_probably_so(
    mailbox: Mailbox, ann: Agent, client: Client
) -> None:
    ours = sent_reply(mailbox, ann)
    client.force_login(ann.user, backend="accounts.auth.AgentBackend")
    arrive(report("", ("dana@customer.test", "failed", "4.4.7")), mailbox)
    page = client.get(f"/t/{ours.ticket.reference}/").content.decode()
    assert "Probably not delivered to dana@customer.test (status 4.4.7): the report names no mail" in page


def test_a_report_about_a_mail_that_is_not_ours_is_about_nothing(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    message = arrive(report("forged@spammer.test", ("dana@customer.test", "failed", "5.1.1")), mailbox)
    assert (message.state, message.ticket, what_is_noted(ours)) == (MailState.RECORDED, None, {})
    assert told(ann) == []


def test_a_report_of_a_mail_of_long_ago_names_nothing_by_its_recipient(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    OutboundMessage.objects.filter(pk=ours.pk).update(sent_at=timezone.now() - timedelta(days=7))
    message = arrive(report("", ("dana@customer.test", "failed", "5.1.1")), mailbox)
    assert (message.ticket, what_is_noted(ours)) == (None, {})


def test_a_plus_address_that_carries_our_id_is_as_good_as_the_id(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    token = ours.email_message_id.partition("@")[0]
    raw = report("", ("dana@customer.test", "failed", "5.1.1"), to=f"support+{token}@desk.test")
    assert arrive(raw, mailbox).evidence["rule"] == "plus_address"
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", True)}
    forged = report("", ("x@customer.test", "failed", "5.1.1"), to=f"support+{token[:-2]}00@desk.test", number=2)
    assert arrive(forged, mailbox).ticket is None


def test_a_bounce_in_words_names_its_mail_by_the_copy_it_returns(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    raw = (
        "From: MAILER-DAEMON@mx.test\r\nTo: support@desk.test\r\nSubject: failure notice\r\nReturn-Path: <>\r\n\r\n"
        "Hi. This is the qmail-send program at mx.test.\r\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\r\n\r\n<dana@customer.test>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        "--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <support@desk.test>\r\n"
        f"Message-ID: <{ours.email_message_id}>\r\nSubject: RE\r\n\r\nIs the plug in?\r\n"
    )
    message = arrive(raw.encode(), mailbox)
    assert (message.reason, message.ticket) == (Reason.BOUNCE, ours.ticket)
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", True)}


def receipt(about: str, *, disposition: str = "displayed") -> bytes:
    return (
        "From: dana@customer.test\r\nTo: support@desk.test\r\nSubject: Read: RE\r\nMessage-ID: <mdn@customer.test>\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message was read.\r\n"
        "--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822;dana@customer.test\r\n"
        f"Original-Message-ID: <{about}>\r\n"
        f"Disposition: manual-action/MDN-sent-manually; {disposition}\r\n\r\n--b--\r\n"
    ).encode()


def test_a_read_receipt_is_noted_and_does_nothing(mailbox: Mailbox, ann: Agent, client: Client) -> None:
    ours = sent_reply(mailbox, ann)
    wait_for_customer(ours.ticket_id, by=ann)
    message = arrive(receipt(ours.email_message_id), mailbox)
    assert (message.state, message.reason, message.ticket) == (
        MailState.RECORDED,
        Reason.READ_RECEIPT,
        ours.ticket,
    )
    assert what_is_noted(ours) == {"dana@customer.test": ("read", "", True)}
    assert Ticket.objects.get().status == TicketStatus.WAITING_CUSTOMER
    client.force_login(ann.user, backend="accounts.auth.AgentBackend")
    page = client.get(f"/t/{ours.ticket.reference}/").content.decode()
    assert "Read receipt" in page
    assert "Read by dana@customer.test" in page


def test_a_mail_deleted_unread_is_not_read(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    message = arrive(receipt(ours.email_message_id, disposition="deleted"), mailbox)
    assert (message.reason, message.ticket, what_is_noted(ours)) == (Reason.READ_RECEIPT, ours.ticket, {})


def calendar_answer(about: str) -> bytes:
    return (
        "From: dana@customer.test\r\nTo: support@desk.test\r\nSubject: Accepted: Visit\r\n"
        f"In-Reply-To: <{about}>\r\nMessage-ID: <cal@customer.test>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\nDTSTART:20261201T090000Z\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:dana@customer.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def test_a_calendar_answer_stands_in_words_on_its_ticket_and_reopens_nothing(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann)
    resolve_ticket(ours.ticket_id, by=ann, code="fixed", note="New toner.")
    message = arrive(calendar_answer(ours.email_message_id), mailbox)
    assert (message.state, message.reason, message.ticket) == (
        MailState.RECORDED,
        Reason.CALENDAR_ANSWER,
        ours.ticket,
    )
    assert message.entry is not None
    assert message.entry.visibility == Visibility.INTERNAL
    assert "Summary: Visit" in message.entry.body_text
    assert "Answer: accepted" in message.entry.body_text
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.reopen_count) == (TicketStatus.RESOLVED, 0)


@pytest.mark.parametrize("raw", [calendar_answer("x@y.test"), receipt("x@y.test")], ids=["calendar", "receipt"])
def test_answers_of_machines_to_nothing_of_ours_stay_in_the_ledger(raw: bytes, mailbox: Mailbox) -> None:
    message = arrive(raw, mailbox)
    assert (message.state, message.ticket) == (MailState.RECORDED, None)
    assert (Ticket.objects.count(), MailMessage.objects.count()) == (0, 1)


@pytest.mark.parametrize(("original", "is_sure"), [("", False), ("dana@customer.test", True)])
def test_failure_where_a_recipient_has_mail_forwarded_is_of_their_address_only_if_it_says_so(
    mailbox: Mailbox, ann: Agent, original: str, is_sure: bool
) -> None:
    ours = sent_reply(mailbox, ann)
    raw = report(ours.email_message_id, ("dana@home.test", "failed", "5.1.1")).decode()
    raw = raw.replace("Final-Recipient", f"Original-Recipient: rfc822; {original}\r\nFinal-Recipient")
    arrive(raw.encode() if original else report(ours.email_message_id, ("dana@home.test", "failed", "5.1.1")), mailbox)
    assert what_is_noted(ours) == {"dana@customer.test": ("undeliverable", "5.1.1", is_sure)}
    contact = Ticket.objects.get().requester
    assert (contact.undeliverable_at is not None) is is_sure


def test_original_recipient_tells_whose_forwarding_fails(mailbox: Mailbox, ann: Agent) -> None:
    ours = sent_reply(mailbox, ann, cc=("eve@customer.test",))
    fields = ("eve@home.test\r\nOriginal-Recipient: rfc822; Eve@customer.test", "failed", "5.1.1")
    arrive(report(ours.email_message_id, fields), mailbox)
    assert what_is_noted(ours) == {"eve@customer.test": ("undeliverable", "5.1.1", True)}
