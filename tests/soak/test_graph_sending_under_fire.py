"""Replies through Microsoft 365 while requests fail before, during and after they are done, tokens end and workers die:
each leaves exactly once.

Thirty in the suite, 500 in `make soak`.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.base.models import Gate
from connectors.mail.models import Mailbox
from connectors.mail.services import clean_drafts, graph_sending, poll_mailboxes, send_due_mail
from connectors.microsoft365 import identity
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox
from tests.factories import AgentFactory
from tests.factories.mail import a_mail
from tests.fakes import microsoft as at
from tests.fakes.microsoft import MicrosoftFake, microsoft, refusal, throttled
from tests.fakes.serving import Call, Reply, ca_file
from tests.scale import IS_FULL
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage, Ticket
from tickets.services import NewFile, accept_ticket, release_message, reply_to_customer

pytestmark = [pytest.mark.soak, pytest.mark.django_db, pytest.mark.timeout(3000)]

REPLIES = 500 if IS_FULL else 30
OWNED = 20
"""Open tickets of one agent, who may have 25."""
FAULTY = 0.12
REVOKED = 0.02
KILLED = 0.05
MOST_PASSES = 60
SEED = 20260303
FAULTS = (
    throttled(0),
    refusal(503, "serviceNotAvailable", headers=(("Retry-After", "0"),)),
    refusal(500, "InternalServerError"),
    refusal(504, "UnknownError"),
    Reply(0, hangs_up=True),
)
LARGE = b"a;b\r\n" * 900_000  # two pieces


class Killed(BaseException):
    """The worker is gone; nothing of what it would have done after this happens."""


class Deadly:
    """A point in the work at which workers die now and then."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self.deaths = chance, 0

    def reached(self) -> None:
        if self._chance.random() < KILLED:
            self.deaths += 1
            raise Killed


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE, settings.CONNECTORS_LOOPBACK = ca_file(), True
        made.mailboxes = {ADDRESS: at.Mailbox()}
        yield made
        identity._held.clear()


def test_182_replies_through_microsoft_365_leave_exactly_once_under_fire(
    db: None, fake: MicrosoftFake, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.MAIL_BRAKES = dict.fromkeys(settings.MAIL_BRAKES, (0, 60))
    chance, deadly = random.Random(SEED), Deadly(random.Random(SEED))
    for step in ("DRAFTED", "ASKED", "SENT"):
        monkeypatch.setattr(graph_sending, step, deadly)
    box = fake.mailboxes[ADDRESS]
    wanted = _replies(graph_mailbox(a_connection()), box)
    outbox = box.outbox
    fake.faults, fake.late_faults = [_faults(fake, random.Random(SEED))], [_faults(fake, random.Random(SEED + 1))]
    outbox.before_piece, outbox.after_piece = (_some(random.Random(SEED + number)) for number in (2, 3))
    for _pass in range(MOST_PASSES):
        outbox.copies_late, outbox.hides_drafts = chance.randint(0, 2), chance.randint(0, 1)
        _work()
        if not OutboundMessage.objects.exclude(status=OutboundStatus.SENT).exists():
            break
    fake.faults.clear()
    fake.late_faults.clear()
    for _look in range(3):
        _work()
    outbox.hides_drafts = 0  # a day later they show
    clean_drafts(now=timezone.now() + timedelta(days=1), limit=REPLIES)
    assert deadly.deaths > 0
    assert Counter(OutboundMessage.objects.values_list("status", flat=True)) == {OutboundStatus.SENT: REPLIES}
    assert sorted(mail.values["internetMessageId"] for mail in outbox.sent) == sorted(wanted)
    assert [sorted(name for name, _bytes in mail.files.values()) for mail in outbox.sent] == [
        wanted[mail.values["internetMessageId"]] for mail in outbox.sent
    ]
    assert outbox.drafts == []
    assert fake.most_at_once[ADDRESS] <= at.AT_ONCE


def _replies(mailbox: Mailbox, box: at.Mailbox) -> dict[str, list[str]]:
    """Names of files by Message-ID. To some the mail that is answered is gone meanwhile."""
    for number in range(REPLIES):
        sender = f"Customer {number} <c{number}@customer.test>"
        box.deliver(a_mail(sender=sender, subject=f"Mail {number}", Auto_Submitted="auto-generated"))
    while poll_mailboxes(now=timezone.now() + timedelta(days=1), limit=200):
        continue
    for message in list(box.messages.values())[::7]:
        box.remove(message)
    wanted: dict[str, list[str]] = {}
    for number, ticket_id in enumerate(Ticket.objects.order_by("created_at").values_list("pk", flat=True)):
        if number % OWNED == 0:
            ann = AgentFactory(teams=[mailbox.team])
        accept_ticket(ticket_id, by=ann)
        files = [NewFile("large.csv", LARGE)] if number % 10 == 0 else []
        files += [NewFile("plan.pdf", b"%PDF-1.4 plan")] if number % 5 == 0 else []
        message = reply_to_customer(ticket_id, by=ann, body_text=f"Answer {number}", files=files)
        release_message(message.pk, now=message.release_at)
        wanted[f"<{message.email_message_id}>"] = [file.filename for file in files]
    return wanted


def _faults(fake: MicrosoftFake, chance: random.Random) -> at.Fault:
    def fault(_call: Call) -> Reply | None:
        if chance.random() < REVOKED:
            fake.forget_tokens()
        return chance.choice(FAULTS) if chance.random() < FAULTY else None

    return fault


def _some(chance: random.Random) -> at.Fault:
    return lambda _call: chance.choice(FAULTS) if chance.random() < FAULTY else None


def _work() -> None:
    """One pass over all that waits, by workers of whom some die; each next one comes after all leases and pauses."""
    OutboundMessage.objects.update(leased_until=None)
    later = timezone.now() + timedelta(days=1)
    tried = OutboundMessage.objects.exclude(status=OutboundStatus.SENT).count()
    for _worker in range(tried):
        Gate.objects.all().delete()
        with suppress(Killed):
            if not send_due_mail(now=later, limit=1):
                return
        OutboundMessage.objects.filter(status=OutboundStatus.SENDING).update(leased_until=None)
