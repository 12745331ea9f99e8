"""Mails out of Microsoft 365 while Graph throttles, breaks off, forgets and repeats, its word of new mail comes twice,
not at all or from somebody else, and workers die, some of them in processes of their own by SIGKILL: none lost, none
doubled, and little asked for twice.

A tenth of its size in the suite, all of it in `make soak`.
"""

import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from connectors.base import client
from connectors.mail.enums import MailState
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import keep_subscriptions, polling, process_due
from connectors.mail.subscriptions import GraphSubscription
from connectors.microsoft365 import identity
from core import steps
from tests.connectors.mail.graph_mailboxes import ADDRESS, a_connection, graph_mailbox, poll, poll_as_worker
from tests.connectors.mail.test_graph_notifications import reach, tell
from tests.factories.mail import a_mail
from tests.fakes import microsoft as at
from tests.fakes.microsoft import MicrosoftFake, microsoft, refusal, throttled
from tests.fakes.serving import Call, Reply, ca_file
from tests.killable import Killable
from tests.scale import full_size
from tickets.models import Ticket

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3000)]

MAILS = full_size(5000)
FAULTY = 0.1
SILENT = 0.005
"""Of the calls: nothing is said until the desk has given up waiting."""
WAITING_SECONDS = 1.0
REVOKED = 0.01
KILLED = 0.01
FORGED = 0.2
IN_PROCESSES = 0.3
"""Of the passes: a worker in a process of its own begins it, and is killed."""
SEED = 20260302
FAULTS = (
    throttled(0),
    refusal(503, "serviceNotAvailable", headers=(("Retry-After", "0"),)),
    refusal(504, "UnknownError"),
    Reply(0, hangs_up=True),
)


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
        settings.MSGRAPH_CA_FILE = ca_file()
        settings.SITE_URL = "https://desk.example"
        made.mailboxes = {ADDRESS: at.Mailbox()}
        made.subscriptions.reach = reach
        yield made
        identity._held.clear()


def test_182_no_mail_of_microsoft_365_is_lost_or_doubled_under_fire(
    fake: MicrosoftFake, killable: Killable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.CONNECTORS_READ_SECONDS = WAITING_SECONDS
    settings.MAIL_BRAKES = dict.fromkeys(settings.MAIL_BRAKES, (0, 60))
    chance, deadly = random.Random(SEED), Deadly(random.Random(SEED))
    _let_workers_die(monkeypatch, deadly)
    monkeypatch.setattr(client, "own_pause", lambda _attempt: 0.0)
    graph_mailbox(a_connection())
    assert keep_subscriptions() == 1
    fake.calls.clear()
    fake.faults = [_faults(fake, random.Random(SEED))]
    inbox, left, undisturbed, killed, forged = fake.mailboxes[ADDRESS], MAILS, MAILS, 0, 0
    while left:
        count = min(left, chance.randint(20, 60))
        before = len(inbox.log["inbox"])
        _deliver(inbox, count, chance)
        undisturbed += ceil((len(inbox.log["inbox"]) - before) / at.PAGE_SIZE)
        if left >= MAILS // 2 > left - count:
            fake.forget_cursors()
        left -= count
        forged += _tell(fake, chance)
        if chance.random() < IN_PROCESSES:
            killed += _is_killed(fake, killable, tmp_path, chance)
        _work()
    fake.faults.clear()
    for _look in range(3):
        undisturbed += 1
        _work()
    outcomes = list(MailMessage.objects.values_list("state", flat=True))
    assert deadly.deaths > 0
    assert killed > 0
    assert GraphSubscription.objects.get().forged == forged > 0
    assert (len(outcomes), set(outcomes)) == (MAILS, {MailState.CREATED})
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == sorted(
        str(message.shown()["subject"]) for message in inbox.messages.values()
    )
    assert fake.most_at_once[ADDRESS] <= at.AT_ONCE
    assert len(fake.calls) <= 1.3 * undisturbed, f"{len(fake.calls)} calls instead of {undisturbed}"


def _let_workers_die(monkeypatch: pytest.MonkeyPatch, deadly: Deadly) -> None:
    """Between storing a mail and its outcome; then how the look went is not noted, either."""
    note, deaths = polling._note, [0]

    def noted_by_the_living(*arguments: object, **more: object) -> None:
        if deaths[0] == deadly.deaths:
            note(*arguments, **more)  # type: ignore[arg-type]  # as they are
        deaths[0] = deadly.deaths

    monkeypatch.setattr(polling, "FILE_MOVED", deadly)
    monkeypatch.setattr(polling, "_note", noted_by_the_living)


def _faults(fake: MicrosoftFake, chance: random.Random) -> at.Fault:
    def fault(_call: Call) -> Reply | None:
        if chance.random() < REVOKED:
            fake.forget_tokens()
        if chance.random() < SILENT:
            return Reply(0, hangs_up=True, silent_seconds=WAITING_SECONDS * 1.2)
        return chance.choice(FAULTS) if chance.random() < FAULTY - SILENT else None

    return fault


def _deliver(inbox: at.Mailbox, count: int, chance: random.Random) -> None:
    """Some are told twice, in another order."""
    for _mail in range(count):
        number = len(inbox.messages)
        inbox.deliver(a_mail(sender=f"Customer {number} <c{number}@customer.test>", subject=f"Mail {number}"))
    again = chance.sample(inbox.log["inbox"], k=max(1, count // 10))
    inbox.log["inbox"] += again


def _tell(fake: MicrosoftFake, chance: random.Random) -> int:
    """Word of what was delivered: none, one or two; the answer is how many requests held a forged one beside it."""
    (name,) = fake.subscriptions.kept
    word = fake.subscriptions.told_of(name)
    is_forged = chance.random() < FORGED
    words = [word] * chance.randint(0, 2) + [word | {"clientState": "guessed"}] * is_forged
    assert tell(*words) == 202
    return int(is_forged)


def _is_killed(fake: MicrosoftFake, killable: Killable, home: Path, chance: random.Random) -> bool:
    """Whether it came as far as the step where it dies: Graph may keep it from reading at all."""
    step = chance.choice(steps.declared("mail.intake"))
    ended = killable.call(home, f"{__name__}:read_without_pauses", fake.base, fake.login, ca_file(), kill_at=step)
    assert ended.returncode in (0, -signal.SIGKILL), ended.output
    return ended.returncode == -signal.SIGKILL


def read_without_pauses(base: str, login: str, ca: str) -> None:
    """What a worker in a process of its own does."""
    with pytest.MonkeyPatch.context() as hurried:
        hurried.setattr(client, "own_pause", lambda _attempt: 0.0)
        poll_as_worker(base, login, ca)


def _work() -> None:
    """A worker's pass, also where it dies in it; the next one is another worker, after all leases."""
    Mailbox.objects.update(polled_until=None)
    mailbox = Mailbox.objects.get()
    put_off = {key: kept | {"next_at": ""} for key, kept in mailbox.position.get("put_off", {}).items()}
    Mailbox.objects.update(position=mailbox.position | {"put_off": put_off})
    with suppress(Killed):
        poll()
    MailMessage.objects.filter(state=MailState.RECEIVED).update(leased_until=None)
    process_due()
