"""What becomes of a reply whose sending fails, is slow, or is begun by several workers at once (ruling 29)."""

from datetime import timedelta
from threading import Event

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from connectors.base import PartialDeliveryError, PermanentDeliveryError, TransientDeliveryError, UnclearDeliveryError
from connectors.mail.models import Mailbox
from connectors.mail.services import send_due_mail, sending
from tests.concurrency import in_parallel
from tests.connectors.mail.conftest import FakeTransport, released_reply
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.enums import OutboundStatus
from tickets.errors import TooLateToUndo
from tickets.models import OutboundMessage
from tickets.services import accept_ticket, release_message, reply_to_customer, undo_message

pytestmark = pytest.mark.django_db


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


def test_a_slow_sign_in_takes_nothing_off_the_lease(mailbox: Mailbox) -> None:
    """Opening a connection may take longer than a lease is long; handing the mail over has all of it."""
    released_reply(mailbox)
    left: list[timedelta] = []
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False) as clock:

        class SlowToOpen(FakeTransport):
            def open(self) -> None:
                clock.shift(timedelta(seconds=50))

            def deliver(self, message: object) -> None:
                leased = OutboundMessage.objects.get(status=OutboundStatus.SENDING)
                left.append(leased.leased_until - timezone.now())
                super().deliver(message)

        assert send_due_mail(transport=SlowToOpen()) == 1
    assert left == [timedelta(seconds=60)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "failure",
    [TransientDeliveryError("too slow"), PermanentDeliveryError("550 no")],
    ids=lambda failure: type(failure).__name__,
)
def test_whoever_lost_the_lease_says_nothing_about_the_mail(failure: Exception) -> None:
    """The first worker's failure comes while the second one hands the mail over: it stays the second one's."""
    message = released_reply(MailboxFactory())
    first_has_it, second_has_it, first_is_done = Event(), Event(), Event()
    seen: list[str] = []

    class First(FakeTransport):
        def deliver(self, message: object) -> None:
            first_has_it.set()
            assert second_has_it.wait(10)
            raise failure

    class Second(FakeTransport):
        def deliver(self, message: object) -> None:
            second_has_it.set()
            assert first_is_done.wait(10)
            seen.append(OutboundMessage.objects.get().status)

    def first() -> None:
        send_due_mail(transport=First())
        first_is_done.set()

    def second() -> None:
        assert first_has_it.wait(10)
        OutboundMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        send_due_mail(transport=Second())

    assert in_parallel(first, second) == [None, None]
    message.refresh_from_db()
    assert (seen, message.status, message.attempts) == ([OutboundStatus.SENDING], OutboundStatus.SENT, 2)


@pytest.mark.django_db(transaction=True)
def test_what_has_left_does_not_leave_again_though_the_lease_was_lost() -> None:
    """The second worker signs in while the first one, too slow, gets its mail through after all."""
    message = released_reply(MailboxFactory())
    first_has_it, second_has_it, first_is_done = Event(), Event(), Event()

    class First(FakeTransport):
        def deliver(self, message: object) -> None:
            first_has_it.set()
            assert second_has_it.wait(10)

    class Second(FakeTransport):
        def open(self) -> None:
            second_has_it.set()
            assert first_is_done.wait(10)

    def first() -> None:
        send_due_mail(transport=First())
        first_is_done.set()

    def second() -> list[object]:
        assert first_has_it.wait(10)
        OutboundMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        transport = Second()
        send_due_mail(transport=transport)
        return transport.sent

    assert in_parallel(first, second) == [None, []]
    message.refresh_from_db()
    assert (message.status, message.attempts) == (OutboundStatus.SENT, 2)


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
