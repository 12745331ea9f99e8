"""From the outbox to the customer's mailbox (acceptance 048; ruling 20, 29)."""

from datetime import timedelta
from email import message_from_bytes
from email.message import Message as ParsedMessage
from pathlib import Path

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.base import PartialDeliveryError, PermanentDeliveryError, TransientDeliveryError, UnclearDeliveryError
from connectors.mail import maildir
from connectors.mail.composing import compose
from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail, sending
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import EntryKind, OutboundStatus, Visibility
from tickets.errors import TooLateToUndo
from tickets.message_ids import is_ours
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import NewFile, accept_ticket, release_message, reply_to_customer, undo_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox() -> Mailbox:
    return MailboxFactory(address="support@desk.test")


@pytest.fixture
def maildirs(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "connectors.mail.maildir.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.MAIL_ROOT = tmp_path
    return tmp_path


class FakeTransport:
    """Keeps the contract of `Transport`, and fails as told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.sent = list(failures), []

    def deliver(self, message: object) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)

    def close(self) -> None:
        pass


def released_reply(mailbox: Mailbox, *, text: str = "Is the plug in?", **more: object) -> OutboundMessage:
    """Ann, who owns the ticket of a customer's mail, has answered it, and her undo time is over."""
    incoming = arrive(
        a_mail(message_id="first@customer.test", References="<a@customer.test> <b@customer.test>"), mailbox
    )
    ann = AgentFactory(name="Ann Becker", teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text=text, **more)  # type: ignore[arg-type]
    release_message(message.pk, now=message.release_at)
    message.refresh_from_db()
    return message


def received_by(address: str) -> list[ParsedMessage]:
    paths = maildir.messages_in(maildir.folder_of(address))
    return [message_from_bytes(path.read_bytes()) for path in paths]


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


def test_what_can_heal_is_tried_again_with_growing_pauses(mailbox: Mailbox) -> None:
    message = released_reply(mailbox)
    transport = FakeTransport(
        TransientDeliveryError("busy"), TransientDeliveryError("busy"), TransientDeliveryError("busy")
    )
    pauses = []
    for _attempt in range(3):
        now = OutboundMessage.objects.get(pk=message.pk).next_attempt_at
        began = timezone.now()
        assert send_due_mail(now=now, transport=transport) == 1
        message.refresh_from_db()
        assert (message.status, message.last_error) == (OutboundStatus.QUEUED, "busy")
        assert message.next_attempt_at is not None
        pauses.append(round((message.next_attempt_at - began).total_seconds()))
    assert pauses == [1, 2, 60]
    assert send_due_mail(now=message.next_attempt_at, transport=transport) == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, len(transport.sent)) == (OutboundStatus.SENT, 4, 1)


def test_after_a_day_it_fails_visibly_and_says_so(mailbox: Mailbox) -> None:
    message = released_reply(mailbox)
    OutboundMessage.objects.filter(pk=message.pk).update(released_at=timezone.now() - timedelta(hours=24), attempts=20)
    send_due_mail(transport=FakeTransport(TransientDeliveryError("not reached")))
    message.refresh_from_db()
    assert (message.status, message.last_error) == (OutboundStatus.FAILED, "not reached")


def test_what_cannot_heal_fails_at_once(mailbox: Mailbox) -> None:
    message = released_reply(mailbox)
    send_due_mail(transport=FakeTransport(PermanentDeliveryError("550 no such mailbox")))
    message.refresh_from_db()
    assert (message.status, message.last_error) == (OutboundStatus.FAILED, "550 no such mailbox")
    assert send_due_mail(now=timezone.now() + timedelta(days=2)) == 0


def test_a_bug_in_one_mail_does_not_stop_the_next(mailbox: Mailbox) -> None:
    released_reply(mailbox)
    incoming = arrive(a_mail(sender="bob@customer.test"), mailbox)
    ann = AgentFactory(teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=ann)
    message = reply_to_customer(incoming.ticket_id, by=ann, body_text="x")
    release_message(message.pk, now=message.release_at)
    transport = FakeTransport(KeyError("oops"))
    assert send_due_mail(transport=transport) == 2
    statuses = OutboundMessage.objects.order_by("created_at").values_list("status", "last_error")
    assert list(statuses) == [("queued", "KeyError: 'oops'"), ("sent", "")]


@pytest.mark.parametrize(
    "failure",
    [
        UnclearDeliveryError("the answer was lost"),
        PartialDeliveryError(accepted=["dana@customer.test"], refused={}, put_off={"bob@customer.test": "451 later"}),
    ],
    ids=["unclear", "partial"],
)
def test_what_somebody_has_or_may_have_is_not_taken_back(mailbox: Mailbox, failure: Exception) -> None:
    message = released_reply(mailbox, cc=["bob@customer.test"])
    assert message.author is not None
    send_due_mail(transport=FakeTransport(failure))
    with pytest.raises(TooLateToUndo):
        undo_message(message.pk, by=message.author)
    message.refresh_from_db()
    assert (message.status, message.may_be_undone) == (OutboundStatus.QUEUED, False)


def test_what_nobody_can_have_is_taken_back_also_between_two_attempts(mailbox: Mailbox) -> None:
    message = released_reply(mailbox)
    assert message.author is not None
    send_due_mail(transport=FakeTransport(TransientDeliveryError("not reached")))
    assert undo_message(message.pk, by=message.author).status == OutboundStatus.CANCELLED


def test_no_mail_is_begun_when_the_time_is_over(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left stays due, for the next sweep."""
    message = released_reply(mailbox)
    monkeypatch.setattr(sending, "WORKING", timedelta(0))
    assert send_due_mail(transport=FakeTransport()) == 0
    monkeypatch.undo()
    assert send_due_mail(transport=(transport := FakeTransport())) == 1
    message.refresh_from_db()
    assert (message.status, message.attempts, len(transport.sent)) == (OutboundStatus.SENT, 1, 1)


def test_the_end_of_the_workers_time_ends_the_sweep(mailbox: Mailbox) -> None:
    message = released_reply(mailbox)
    with pytest.raises(SoftTimeLimitExceeded):
        send_due_mail(transport=FakeTransport(SoftTimeLimitExceeded()))
    message.refresh_from_db()
    assert (message.status, message.last_error) == ("sending", "")
    later = timezone.now() + timedelta(seconds=61)
    assert send_due_mail(now=later, transport=(again := FakeTransport())) == 1
    assert len(again.sent) == 1


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


def test_each_lease_is_counted_from_the_moment_it_is_taken(mailbox: Mailbox) -> None:
    """Also at the end of a long sweep: else another worker would take the last mails a second time."""
    first = released_reply(mailbox)
    assert first.author is not None
    second = reply_to_customer(first.ticket_id, by=first.author, body_text="Still there?")
    release_message(second.pk, now=second.release_at)
    leases: list[timedelta] = []
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False) as clock:

        class Slow(FakeTransport):
            def deliver(self, message: object) -> None:
                leased = OutboundMessage.objects.get(status=OutboundStatus.SENDING)
                leases.append(leased.leased_until - timezone.now())
                clock.shift(timedelta(seconds=50))
                super().deliver(message)

        assert send_due_mail(transport=Slow()) == 2
    assert leases == [timedelta(seconds=60)] * 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once() -> None:
    mailbox = MailboxFactory()
    released_reply(mailbox)
    transports = [FakeTransport() for _worker in range(6)]
    in_parallel(*(lambda transport=transport: send_due_mail(transport=transport) for transport in transports))
    assert sum(len(transport.sent) for transport in transports) == 1
    assert OutboundMessage.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_worker_leaves_a_mail_alone_that_another_one_has_in_hand() -> None:
    released_reply(MailboxFactory())
    seen: list[object] = []

    class WhileHandingOver(FakeTransport):
        def deliver(self, message: object) -> None:
            seen.extend(in_parallel(lambda: send_due_mail(transport=FakeTransport())))
            super().deliver(message)

    transport = WhileHandingOver()
    with transaction.atomic():
        OutboundMessage.objects.select_for_update().get()
        seen.extend(in_parallel(lambda: send_due_mail(transport=transport), patience=10))  # skips the locked row
    send_due_mail(transport=transport)
    assert seen == [0, 0]
    assert len(transport.sent) == 1
