"""A scheduled reply does not cross the customer's mail: it leaves when what they wrote until then has been read."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from connectors.mail import maildir, unheard
from connectors.mail.backends import SETTLED_SECONDS
from connectors.mail.enums import Source
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import poll_mailboxes, process, receive
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage
from tickets.services import accept_ticket, release_message, reply_to_customer, reschedule_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(mailbox: Mailbox) -> OutboundMessage:
    """Scheduled for tomorrow, on the ticket of dana@customer.test."""
    incoming = arrive(a_mail(), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    tomorrow = timezone.now() + timedelta(days=1)
    return reply_to_customer(incoming.ticket_id, by=ann, body_text="It arrives.", when="at", send_at=tomorrow)


def is_read(mailbox: Mailbox, at: datetime) -> None:
    """The last look at it began then, and reached its end."""
    Mailbox.objects.filter(pk=mailbox.pk).update(read_to=at)


def released(message: OutboundMessage, *, after: timedelta = timedelta()) -> str:
    """Its status when it has been tried so long after its moment."""
    release_message(message.pk, now=message.release_at + after)
    return OutboundMessage.objects.get(pk=message.pk).status


def waits_in_ledger(mailbox: Mailbox, raw: bytes) -> MailMessage:
    """Received, not yet read."""
    return receive(mailbox, raw, provider_id="waits", source=Source.POLLED)


def test_it_waits_until_the_mailbox_has_been_read_since_its_moment(mailbox: Mailbox, message: OutboundMessage) -> None:
    is_read(mailbox, message.release_at - timedelta(seconds=1))
    assert released(message) == OutboundStatus.HELD
    is_read(mailbox, message.release_at)
    assert released(message) == OutboundStatus.QUEUED


def test_the_customers_mail_that_waits_in_the_ledger_stops_it(mailbox: Mailbox, message: OutboundMessage) -> None:
    is_read(mailbox, message.release_at)
    raw = a_mail(sender="Dana Roth <DANA@customer.test>", subject=f"Re: [{message.ticket.reference}]")
    row = waits_in_ledger(mailbox, raw)
    assert released(message) == OutboundStatus.HELD
    process(row, raw=raw)
    assert released(message) == OutboundStatus.CANCELLED


def test_so_does_the_mail_of_somebody_who_takes_part(mailbox: Mailbox, message: OutboundMessage) -> None:
    is_read(mailbox, message.release_at)
    arrive(a_mail(subject=f"Re: [{message.ticket.reference}]", Cc="boss@customer.test"), mailbox)
    ann = message.author
    assert ann is not None
    moment = message.release_at
    again = reply_to_customer(message.ticket_id, by=ann, body_text="It arrives.", when="at", send_at=moment)
    waits_in_ledger(mailbox, a_mail(sender="boss@customer.test"))
    assert released(again) == OutboundStatus.HELD


def test_a_strangers_mail_delays_nobody(mailbox: Mailbox, message: OutboundMessage) -> None:
    is_read(mailbox, message.release_at)
    waits_in_ledger(mailbox, a_mail(sender="eve@elsewhere.test", body="About dana@customer.test"))
    assert released(message) == OutboundStatus.QUEUED


def test_a_header_too_long_to_look_through_may_be_the_customers(mailbox: Mailbox, message: OutboundMessage) -> None:
    is_read(mailbox, message.release_at)
    waits_in_ledger(mailbox, b"X-Long: " + b"x" * 70_000 + b"\r\nFrom: dana@customer.test\r\n\r\nHello")
    assert released(message) == OutboundStatus.HELD


def test_after_ten_minutes_it_goes_all_the_same(mailbox: Mailbox, message: OutboundMessage) -> None:
    waits_in_ledger(mailbox, a_mail())
    assert released(message, after=timedelta(minutes=9, seconds=59)) == OutboundStatus.HELD
    assert released(message, after=timedelta(minutes=10)) == OutboundStatus.QUEUED


def test_a_look_at_the_mailbox_lets_it_go(mailbox: Mailbox, message: OutboundMessage) -> None:
    """Through the real intake: what it reads ends the wait."""
    at_once = due_now(message)
    assert released(at_once) == OutboundStatus.HELD
    poll_mailboxes()
    assert released(at_once) == OutboundStatus.QUEUED


def due_now(message: OutboundMessage) -> OutboundMessage:
    """Its moment came a little while ago: the last files dropped before it have come to rest since."""
    moment = timezone.now() - timedelta(seconds=SETTLED_SECONDS)
    OutboundMessage.objects.filter(pk=message.pk).update(release_at=moment)
    return OutboundMessage.objects.get(pk=message.pk)


def test_a_look_that_ends_before_the_last_mail_does_not(mailbox: Mailbox, message: OutboundMessage) -> None:
    """The customer's is the second one that waits, and the look takes one."""
    at_once = due_now(message)
    folder = maildir.folder_of(mailbox.address)
    maildir.deliver(folder, a_mail(sender="eve@elsewhere.test"), key="1")
    maildir.deliver(folder, a_mail(subject=f"Re: [{message.ticket.reference}]", body="Solved!"), key="2")
    assert poll_mailboxes(limit=1) == 1
    assert released(at_once) == OutboundStatus.HELD
    assert poll_mailboxes(limit=1) == 1
    assert released(at_once) == OutboundStatus.CANCELLED


def test_nor_does_one_that_began_before_its_moment(mailbox: Mailbox, message: OutboundMessage) -> None:
    with time_machine.travel(message.release_at - timedelta(seconds=1), tick=False):
        poll_mailboxes()
    with time_machine.travel(message.release_at + timedelta(seconds=1), tick=False):
        assert released(message) == OutboundStatus.HELD


def test_nor_does_one_that_could_not_read_the_mailbox(mailbox: Mailbox, message: OutboundMessage) -> None:
    at_once = due_now(message)
    Mailbox.objects.filter(pk=mailbox.pk).update(backend="imap", settings={})
    poll_mailboxes()
    mailbox.refresh_from_db()
    assert (mailbox.failed_polls, mailbox.read_to) == (1, None)
    assert released(at_once) == OutboundStatus.HELD


def test_among_very_many_that_wait_there_may_be_one_of_the_customers(
    mailbox: Mailbox, message: OutboundMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unheard, "MAX_LOOKED_THROUGH", 2)
    is_read(mailbox, message.release_at)
    for number in range(3):
        receive(mailbox, a_mail(sender="eve@elsewhere.test"), provider_id=str(number), source=Source.POLLED)
    assert released(message) == OutboundStatus.HELD
    monkeypatch.setattr(unheard, "MAX_LOOKED_THROUGH", 3)
    assert released(message) == OutboundStatus.QUEUED


def test_an_undo_time_waits_for_nothing_else(mailbox: Mailbox, message: OutboundMessage) -> None:
    ann = message.author
    assert ann is not None
    waits_in_ledger(mailbox, a_mail())
    held = reply_to_customer(message.ticket_id, by=ann, body_text="Hello.")
    assert released(held) == OutboundStatus.QUEUED
    assert released(reschedule_message(message.pk, by=ann, when="now")) == OutboundStatus.QUEUED
