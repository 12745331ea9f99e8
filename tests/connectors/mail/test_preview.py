"""The preview of a reply is the mail that is sent: every header people see, both bodies, every file."""

from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import Agent
from connectors.mail.composing import compose
from connectors.mail.models import Mailbox
from connectors.mail.preview import preview_of, preview_of_mail
from connectors.mail.services import send_due_mail
from tests.factories import AbsenceFactory, AgentFactory
from tests.factories.mail import a_mail, arrive
from tickets.models import Attachment, OutboundMessage, Ticket
from tickets.services import NewFile, accept_ticket, preview_reply, release_message, reply_to_customer
from tickets.services.attachments import unstored

pytestmark = pytest.mark.django_db


class Kept:
    """Keeps the contract of `Transport`: what was handed over, as bytes on the wire."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []

    def open(self) -> None:
        pass

    def deliver(self, message: EmailMessage) -> None:
        self.raw.append(message.message().as_bytes())

    def close(self) -> None:
        pass


def answered(mailbox: Mailbox, **mail: Any) -> tuple[Ticket, Agent]:
    incoming = arrive(a_mail(**mail), mailbox)
    ann = AgentFactory(name="Ann Becker-Łoś", teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    return incoming.ticket, ann


REPLIES: dict[str, dict[str, Any]] = {
    "plain": {"body_text": "Is the plug in?"},
    "beyond ASCII": {
        "body_text": "Grüße, schöne Woche — 谢谢 🙂\n\n> zitiert\n\nhttps://desk.test/a?b=1&c=2 <script>x</script>"
    },
    "copies": {"body_text": "Hello.", "cc": ["boss@customer.test", "It.Team@Customer.test"]},
    "long lines": {"body_text": "word " * 900 + "\n" + "x" * 3000},
    "dots and dashes": {"body_text": ".\n..\n-- \nAnn\nFrom here on\n"},
}
SUBJECTS = ["Printer is on fire", "Drucker „Süd“ — völlig kaputt 🔥 " + "und noch mehr Worte " * 8, "Tab\there"]


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("reply", REPLIES)
def test_the_preview_is_the_mail_that_is_sent(mailbox: Mailbox, reply: str, subject: str) -> None:
    ticket, ann = answered(mailbox, subject=subject.replace("\t", " "))
    Ticket.objects.filter(pk=ticket.pk).update(subject=subject)
    files = [NewFile("plän.txt", b"the plan", "text/plain"), NewFile("tool.exe", b"MZ" + b"\0" * 64)]
    given = REPLIES[reply]
    seen = preview_of(preview_reply(ticket.pk, by=ann, **given), unstored(files))
    assert not OutboundMessage.objects.filter(ticket=ticket, kind="reply").exists()
    assert not Attachment.objects.exists()

    message = reply_to_customer(ticket.pk, by=ann, files=files, **given)
    release_message(message.pk, now=message.release_at)
    transport = Kept()
    send_due_mail(now=timezone.now(), transport=transport)
    raw = next(raw for raw in transport.raw if message.email_message_id.encode() in raw)
    assert seen == preview_of_mail(raw)
    assert seen is not None
    assert seen.sender == "Ann Becker-Łoś <support@desk.test>"
    assert seen.to == "dana@customer.test"
    assert seen.subject.startswith(f"RE: [{ticket.reference}] ")
    assert list(seen.files) == ["plän.txt"]  # the program is not sent


def test_the_addresses_are_those_on_the_wire(mailbox: Mailbox) -> None:
    ticket, ann = answered(mailbox)
    message = preview_reply(ticket.pk, by=ann, body_text="Hello.", cc=["boss@customer.test", "it@customer.test"])
    seen = preview_of(message, [])
    assert seen is not None
    assert (seen.to, seen.cc) == ("dana@customer.test", "boss@customer.test, it@customer.test")
    assert seen.reply_to.endswith("@desk.test")


@pytest.mark.parametrize("address", ["jürgen@customer.test", "jürgen@exämple.test", "用户@customer.test"])
def test_an_address_beyond_ascii_is_shown_as_it_is_written(mailbox: Mailbox, address: str) -> None:
    ticket, ann = answered(mailbox)
    ticket.requester.email = address
    ticket.requester.save()
    message = preview_reply(ticket.pk, by=ann, body_text="Hello.")
    seen = preview_of(message, [])
    assert seen is not None
    assert seen.to == address
    assert f"\nTo: {address}\n".encode() in compose(message, mailbox, files=[]).message().as_bytes()


def test_a_deputy_sees_the_owners_name_as_the_customer_will(mailbox: Mailbox) -> None:
    ticket, ann = answered(mailbox)
    deputy = AgentFactory(name="Dora Deputy", teams=[mailbox.team])
    AbsenceFactory(agent=ann, deputy=deputy)
    seen = preview_of(preview_reply(ticket.pk, by=deputy, body_text="Hello."), [])
    assert seen is not None
    assert seen.sender.startswith("Ann Becker-Łoś <")


def test_without_a_mailbox_there_is_nothing_to_see(mailbox: Mailbox) -> None:
    ticket, ann = answered(mailbox)
    mailbox.is_active = False
    mailbox.save()
    assert preview_of(preview_reply(ticket.pk, by=ann, body_text="Hello."), []) is None
