"""Mails in, acknowledgements out, while workers are killed at random moments: everything arrives, and once.

A tenth of its size in the suite, all of it in `make soak`.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone

from connectors.mail import maildir
from connectors.mail.models import MailMessage, RawMail
from core.models import EventDelivery
from tests.factories.mail import MailboxFactory, a_mail
from tests.killable import Killable
from tests.live import Worker
from tickets.models import OutboundMessage, Ticket, TimelineEntry

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3000)]

IS_FULL = os.environ.get("ITILNEXT_SOAK") == "1"
MAILS = 1000 if IS_FULL else 100
KILLS = 30 if IS_FULL else 3
SEED = 20260301


def test_workers_killed_at_random_lose_and_double_nothing(
    celery_worker_process: Callable[..., Worker], killable: Killable
) -> None:
    mailbox = MailboxFactory()
    inbox = maildir.ensure(maildir.folder_of(mailbox.address))
    people = [f"person{number}@customer.test" for number in range(MAILS)]
    for number, person in enumerate(people):
        mail = a_mail(sender=person, subject=f"Mail {number}", body=f"Number {number}")
        (inbox / "new" / f"{number:05}.mail").write_bytes(mail)
    dice = random.Random(SEED)
    for _kill in range(KILLS):
        worker = celery_worker_process()
        for task in ("connectors.mail.poll_mailboxes", "core.deliver_events", "connectors.mail.send_due"):
            current_app.send_task(task)
        _wait_for_progress(more_than=RawMail.objects.count())
        time.sleep(dice.uniform(0, 0.5))  # the moment of the kill is the point of the test, whatever it hits
        worker.kill()
    for minutes in (10, 20):  # after the leases of the dead
        ended = killable.run_timers(Path(settings.ITILNEXT_HOME), now=timezone.now() + timedelta(minutes=minutes))
        assert ended.returncode == 0, ended.output
    _check_everything_is_there_once(people)


def _wait_for_progress(*, more_than: int, patience: float = 60.0) -> None:
    """Until the worker has begun, or there is nothing left to begin."""
    deadline = time.monotonic() + patience
    while RawMail.objects.count() <= more_than < MAILS:
        assert time.monotonic() < deadline, "the worker takes no mail"
        time.sleep(0.02)


def _check_everything_is_there_once(people: list[str]) -> None:
    assert Counter(MailMessage.objects.values_list("state", flat=True)) == {"created": MAILS}
    assert RawMail.objects.count() == MAILS
    assert sorted(Ticket.objects.values_list("requester__email", flat=True)) == sorted(people)
    assert TimelineEntry.objects.filter(kind="email_inbound").count() == MAILS
    assert not EventDelivery.objects.filter(done_at__isnull=True).exists()
    assert Counter(OutboundMessage.objects.values_list("kind", "status")) == {("acknowledgement", "sent"): MAILS}
    for person in people:
        (path,) = maildir.messages_in(maildir.folder_of(person))
        received = message_from_bytes(path.read_bytes())
        ticket = Ticket.objects.get(requester__email=person)
        assert ticket.reference in received["Subject"]
