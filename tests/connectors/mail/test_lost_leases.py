"""A worker too slow for its lease: what it knows of a mail that has left is never forgotten, so none leaves twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from connectors.base import PartialDeliveryError, TransientDeliveryError
from connectors.mail.models import Handover
from connectors.mail.services import send_due_mail, sending
from tests.connectors.mail.conftest import FakeTransport, released_reply
from tests.factories.mail import MailboxFactory
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage

pytestmark = pytest.mark.django_db
DANA, BOB = "dana@customer.test", "bob@customer.test"


class Slow(FakeTransport):
    """Its mail is with the server when `meanwhile` happens; then comes the answer, `failure` or none."""

    def __init__(self, meanwhile: Callable[[], object], failure: Exception | None = None) -> None:
        super().__init__()
        self.meanwhile, self.failure = meanwhile, failure

    def deliver(self, message: object) -> None:
        self.sent.append(message)
        self.meanwhile()
        if self.failure is not None:
            raise self.failure


class Recording(FakeTransport):
    """To whom each mail went."""

    def __init__(self, *failures: Exception, before: Callable[[], object] = lambda: None) -> None:
        super().__init__(*failures)
        self.recipients: list[list[str]] = []
        self.before = before

    def open(self) -> None:
        self.before()

    def deliver(self, message: EmailMessage) -> None:  # type: ignore[override]
        super().deliver(message)
        self.recipients.append(message.recipients())


def leased_by_another(transport: FakeTransport) -> Callable[[], object]:
    def act() -> None:
        OutboundMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        send_due_mail(transport=transport)

    return act


def sent_later() -> list[list[str]]:
    transport = Recording()
    send_due_mail(transport=transport, now=timezone.now() + timedelta(hours=1))
    return transport.recipients


def partial() -> PartialDeliveryError:
    return PartialDeliveryError(accepted=[DANA], refused={}, put_off={BOB: "451 later"})


def test_who_has_it_is_known_though_another_worker_has_put_the_mail_off() -> None:
    message = released_reply(MailboxFactory(), cc=[BOB])
    unreachable = FakeTransport(TransientDeliveryError("not reached"))
    send_due_mail(transport=Slow(leased_by_another(unreachable), partial()))
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == (OutboundStatus.QUEUED, 2, "not reached")
    assert Handover.objects.get().accepted == [DANA]
    assert sent_later() == [[BOB]]


def test_who_got_it_while_the_next_worker_signed_in_is_not_sent_to() -> None:
    """The first one's answer comes while the second one, whose lease it is now, opens its connection."""
    message = released_reply(MailboxFactory(), cc=[BOB])
    first = sending._lease(message.pk, now=timezone.now())  # whose answer is still on its way
    assert first is not None
    second = Recording(before=lambda: sending._divide(first, partial()))
    leased_by_another(second)()
    assert second.recipients == [[BOB]]
    message.refresh_from_db()
    assert (message.status, Handover.objects.get().accepted) == (OutboundStatus.SENT, [DANA])


def test_what_has_left_is_sent_though_another_worker_has_put_it_off() -> None:
    message = released_reply(MailboxFactory())
    unreachable = FakeTransport(TransientDeliveryError("not reached"))
    send_due_mail(transport=Slow(leased_by_another(unreachable)))
    message.refresh_from_db()
    assert (message.status, message.attempts, message.last_error) == (OutboundStatus.SENT, 2, "")
    assert sent_later() == []


def test_its_refused_recipients_are_told_also_then() -> None:
    """One was refused before; the rest gets it from a worker whose lease is over."""
    message = released_reply(MailboxFactory(), cc=[BOB, "eve@customer.test"])
    failure = PartialDeliveryError(accepted=[DANA], refused={BOB: "550 no"}, put_off={"eve@customer.test": "451 later"})
    send_due_mail(transport=FakeTransport(failure))
    unreachable = FakeTransport(TransientDeliveryError("not reached"))
    later = timezone.now() + timedelta(hours=1)

    def taken_over() -> None:
        OutboundMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        send_due_mail(transport=unreachable, now=later)

    send_due_mail(transport=Slow(taken_over), now=later)
    message.refresh_from_db()
    assert (message.status, unreachable.failures) == (OutboundStatus.FAILED, [])
    assert Handover.objects.get().accepted == [DANA, "eve@customer.test"]
