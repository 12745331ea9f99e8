"""Mixed mails in, acknowledgements out, while workers are killed at random and the queue loses everything: the same
comes of it as without any of that, and once.

A tenth of its size in the suite, all of it in `make soak`. Without any of that, one mailbox of the suite's five is
enough: what comes of a mail does not hang on those in other mailboxes.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from connectors.mail import maildir
from connectors.mail.models import MailMessage, RawMail
from core.models import EventDelivery
from itilnext.local import testing
from tests.database import empty_all_tables
from tests.factories import TeamFactory
from tests.factories.mail import MailboxFactory, arrive
from tests.killable import Killable
from tests.live import Worker
from tests.scale import IS_FULL, full_size
from tests.soak.mixed_mails import Begun, first_mail, mixed_mails
from tickets.models import OutboundMessage, Ticket, TimelineEntry

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3000)]

MAILS = full_size(10_000)
KILLS = full_size(20)
RESTARTS = full_size(3)
BOXES = [f"box{number}@desk.test" for number in range(max(5, MAILS // 1000))]
COMPARED = BOXES if IS_FULL else BOXES[:1]
BEGUN = MAILS // 20
SEED = 20260301
TASKS = ("connectors.mail.poll_mailboxes", "core.deliver_events", "connectors.mail.send_due")

Mails = list[tuple[str, bytes]]


def test_killed_workers_and_a_lost_queue_change_nothing_of_what_comes_of_mixed_mails(
    celery_worker_process: Callable[..., Worker], killable: Killable, tmp_path: Path
) -> None:
    mails = list(mixed_mails(MAILS, _begun_tickets(), BOXES, seed=SEED))
    compared = [mail for mail in mails if mail[0] in COMPARED]
    _put_into_maildirs(compared, tmp_path)
    _finish(killable, tmp_path)
    undisturbed = _what_came_of_it(compared, tmp_path)
    empty_all_tables()

    home = Path(settings.ITILNEXT_HOME)
    _begun_tickets()
    _put_into_maildirs(mails, home)
    _under_fire(celery_worker_process)
    _finish(killable, home)
    assert _what_came_of_it(mails, home) == undisturbed


def _begun_tickets() -> list[Begun]:
    """Mailboxes, and the tickets that were there before; the same each time."""
    boxes = [MailboxFactory(address=address, team=TeamFactory()) for address in BOXES]
    begun = []
    for number in range(BEGUN):
        box = boxes[number % len(boxes)]
        raw, one = first_mail(number, box.address)
        ticket = arrive(raw, box, name=f"first{number}").ticket
        assert ticket is not None
        begun.append(Begun(one.sender, one.message_id, ticket.reference, one.mailbox))
    return begun


def _put_into_maildirs(mails: Mails, home: Path) -> None:
    for number, (address, raw) in enumerate(mails):
        inbox = maildir.ensure(maildir.folder_of(address, root=home / "mail"))
        (inbox / "new" / f"{number:05}.mail").write_bytes(raw)


def _finish(killable: Killable, home: Path) -> None:
    """As the timers do; the second time after the leases of the dead."""
    for minutes in (10, 20):
        ended = killable.run_timers(home, now=timezone.now() + timedelta(minutes=minutes))
        assert ended.returncode == 0, ended.output


def _under_fire(start_worker: Callable[..., Worker]) -> None:
    """Kill the worker and restart Valkey at random moments of the work; which ones is the point, whatever they hit."""
    dice = random.Random(SEED)
    before = RawMail.objects.count()
    blows = ["kill"] * KILLS + ["restart"] * RESTARTS
    dice.shuffle(blows)
    moments = sorted(dice.sample(range(MAILS * 9 // 10), len(blows)))
    worker = start_worker()
    for moment, blow in zip(moments, blows, strict=True):
        _wait_for_progress(until=before + moment * 9 // 10)
        time.sleep(dice.uniform(0, 0.2))
        if blow == "kill":
            worker.kill()
            worker = start_worker()
        elif testing.started:  # a Valkey that the suite was given is not ours to restart
            testing.started[0].kill()
            testing.started[0].start()
    worker.kill()


def _wait_for_progress(*, until: int, patience: float = 600.0) -> None:
    """Until so many mails are stored, waking the worker as beat does; copies store no bytes a second time."""
    deadline, woken = time.monotonic() + patience, 0.0
    while RawMail.objects.count() < until:
        assert time.monotonic() < deadline, f"only {RawMail.objects.count()} of {until} mails were taken"
        if time.monotonic() - woken > 1:
            woken = time.monotonic()
            _wake()
        time.sleep(0.1)


def _wake() -> None:
    for task in TASKS:
        try:
            current_app.send_task(task, retry=False, ignore_result=True, expires=10)
        except (OperationalError, OSError):
            return


def _what_came_of_it(mails: Mails, home: Path) -> dict[str, Any]:
    """Of the mailboxes that are compared everything that does not hang on the order; of all: nothing lost, nothing
    doubled, nothing left to do.
    """
    ledger = MailMessage.objects.exclude(provider_id__startswith="first")
    assert ledger.count() == len(mails)
    assert ledger.values("mailbox", "provider_id").distinct().count() == len(mails)
    assert not MailMessage.objects.filter(state="received").exists()
    assert not EventDelivery.objects.filter(done_at__isnull=True).exists()
    for address in {address for address, _raw in mails}:
        inbox = maildir.folder_of(address, root=home / "mail")
        assert all(path.name.endswith(":2,S") for path in maildir.messages_in(inbox))
    entries = TimelineEntry.objects.filter(kind="email_inbound")
    ids = list(entries.exclude(email_message_id="").values_list("email_message_id", flat=True))
    assert len(ids) == len(set(ids))
    assert entries.count() == MailMessage.objects.filter(entry__isnull=False).exclude(state="duplicate").count()
    assert set(OutboundMessage.objects.values_list("status", flat=True)) == {"sent"}
    people = Counter(OutboundMessage.objects.values_list("ticket__requester__email", flat=True))
    for person, count in people.items():
        assert len(list(maildir.messages_in(maildir.folder_of(person, root=home / "mail")))) == count, person
    return {
        "ledger": _compared(ledger, "mailbox", "raw", "state", "reason", "kind"),
        "tickets": _compared(
            Ticket.objects.all(), "team__mailboxes", "requester__email", "subject", "status", "team__mailboxes__address"
        ),
        "entries": _compared(
            entries,
            "ticket__team__mailboxes",
            *("ticket__requester__email", "visibility", "email_message_id", "body_text"),
        ),
        "outgoing": _compared(
            OutboundMessage.objects.all(), "ticket__team__mailboxes", "ticket__requester__email", "kind", "status"
        ),
    }


def _compared(rows: QuerySet[Any], mailbox: str, *names: str) -> Counter[tuple[Any, ...]]:
    return Counter(rows.filter(**{f"{mailbox}__address__in": COMPARED}).values_list(*names))
