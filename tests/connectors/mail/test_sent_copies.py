"""Copies in the mailbox's Sent folder, once each; and a look there before an unclear mail goes again."""

import signal
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.utils import timezone

from connectors.mail.composing import compose
from connectors.mail.models import Handover, Mailbox
from connectors.mail.services import file_sent_copies, send_due_mail
from core import steps
from tests.connectors.mail.imap_mailboxes import imap_mailbox
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tests.imap_server import DovecotServer
from tests.killable import Killable
from tests.smtp_server import Server
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage
from tickets.services import accept_ticket, release_message, reply_to_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(dovecot: DovecotServer) -> Mailbox:
    return imap_mailbox(dovecot, sent_folder="Sent")


@pytest.fixture
def a_reply(mailbox: Mailbox) -> Callable[[], OutboundMessage]:
    def make() -> OutboundMessage:
        incoming = arrive(a_mail(), mailbox)
        ann = AgentFactory(name="Ann Becker", teams=[mailbox.team])
        accept_ticket(incoming.ticket_id, by=ann)
        message = reply_to_customer(incoming.ticket_id, by=ann, body_text="Is the plug in?")
        release_message(message.pk, now=message.release_at)
        return message

    return make


def send_and_file() -> None:
    later = timezone.now() + timedelta(days=1)
    send_due_mail(now=later)
    file_sent_copies(now=later)


def ids_in(server: DovecotServer) -> list[str]:
    return [str(message_from_bytes(raw)["Message-ID"]) for raw, _flags in server.contents("Sent")]


def test_sent_mail_lies_once_in_the_sent_folder_as_read(
    dovecot: DovecotServer, smtp: Server, a_reply: Callable[[], OutboundMessage]
) -> None:
    smtp.start()
    message = a_reply()
    send_and_file()
    send_and_file()
    ((raw, flags),) = dovecot.contents("Sent")
    copy = message_from_bytes(raw)
    message.refresh_from_db()
    assert message.sent_at is not None
    assert copy["Message-ID"] == f"<{message.email_message_id}>"
    assert parsedate_to_datetime(copy["Date"]) == message.sent_at.replace(microsecond=0)
    assert "Is the plug in?" in raw.decode()
    assert "\\Seen" in flags
    handover = Handover.objects.get()
    assert handover.copied_at is not None
    assert handover.copy_due_at is None


def test_mail_that_was_refused_has_no_copy(
    dovecot: DovecotServer, smtp: Server, a_reply: Callable[[], OutboundMessage]
) -> None:
    smtp.start()
    smtp.handler.for_recipient["dana@customer.test"] = ["550 unknown"]
    a_reply()
    send_and_file()
    assert dovecot.contents("Sent") == []
    assert not Handover.objects.exists()


def test_copy_that_the_mail_server_has_filed_itself_is_not_doubled(
    dovecot: DovecotServer, smtp: Server, mailbox: Mailbox, a_reply: Callable[[], OutboundMessage]
) -> None:
    smtp.start()
    message = a_reply()
    dovecot.deliver(compose(message, mailbox).message().as_bytes(), folder="Sent")  # as some providers do
    send_and_file()
    assert ids_in(dovecot) == [f"<{message.email_message_id}>"]


def test_copy_waits_for_a_mailbox_that_is_not_reached(
    dovecot: DovecotServer, smtp: Server, a_reply: Callable[[], OutboundMessage]
) -> None:
    smtp.start()
    first, second = a_reply(), a_reply()
    dovecot.stop()
    send_and_file()
    for message in (first, second):
        message.refresh_from_db()
        assert message.status == OutboundStatus.SENT
    assert ["was not reached" in row.copy_error for row in Handover.objects.all()] == [True, True]
    dovecot.start()
    send_and_file()
    assert sorted(ids_in(dovecot)) == sorted(f"<{message.email_message_id}>" for message in (first, second))
    assert set(Handover.objects.values_list("copy_error", flat=True)) == {""}


@pytest.mark.parametrize("is_there", [True, False])
def test_lost_after_the_last_byte_the_sent_folder_decides_whether_it_goes_again(
    dovecot: DovecotServer, smtp: Server, mailbox: Mailbox, a_reply: Callable[[], OutboundMessage], is_there: bool
) -> None:
    smtp.start()
    smtp.handler.for_data = ["drop"]
    message = a_reply()
    send_due_mail()
    message.refresh_from_db()
    assert (message.status, len(smtp.handler.taken)) == (OutboundStatus.QUEUED, 1)
    if is_there:
        dovecot.deliver(smtp.handler.taken[0].content, folder="Sent")
    send_and_file()
    message.refresh_from_db()
    assert message.status == OutboundStatus.SENT
    assert len(smtp.handler.taken) == (1 if is_there else 2)
    assert len(ids_in(dovecot)) == 1


def test_mail_of_a_worker_that_died_is_looked_for_before_it_goes_again(
    dovecot: DovecotServer, smtp: Server, mailbox: Mailbox, a_reply: Callable[[], OutboundMessage]
) -> None:
    smtp.start()
    message = a_reply()
    dovecot.deliver(compose(message, mailbox).message().as_bytes(), folder="Sent")  # it had been handed over
    now = timezone.now()
    OutboundMessage.objects.update(status=OutboundStatus.SENDING, attempts=1, next_attempt_at=now, leased_until=now)
    send_and_file()
    message.refresh_from_db()
    assert (message.status, smtp.handler.taken) == (OutboundStatus.SENT, [])
    assert ids_in(dovecot) == [f"<{message.email_message_id}>"]


def test_while_nobody_can_look_an_unclear_mail_waits(
    dovecot: DovecotServer, smtp: Server, a_reply: Callable[[], OutboundMessage]
) -> None:
    smtp.start()
    smtp.handler.for_data = ["drop"]
    message = a_reply()
    send_due_mail()
    dovecot.stop()
    send_and_file()
    message.refresh_from_db()
    assert (message.status, len(smtp.handler.taken)) == (OutboundStatus.QUEUED, 1)
    assert "the Sent folder must be looked at" in message.last_error
    dovecot.start()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["mail.sending.handed_over", "mail.sending.marked", *steps.declared("mail.copies")])
def test_killed_between_sending_and_filing_there_is_one_copy(
    dovecot: DovecotServer, a_reply: Callable[[], OutboundMessage], step: str, tmp_path: Path, killable: Killable
) -> None:
    message = a_reply()
    later = timezone.now() + timedelta(minutes=5)
    killed = killable.run_timers(tmp_path, now=later, kill_at=step)
    assert killed.returncode == -signal.SIGKILL, killed.output
    again = killable.run_timers(tmp_path, now=later + timedelta(minutes=5))
    assert again.returncode == 0, again.output
    message.refresh_from_db()
    assert message.status == OutboundStatus.SENT
    assert ids_in(dovecot).count(f"<{message.email_message_id}>") == 1
    assert not Handover.objects.filter(copy_due_at__isnull=False).exists()
