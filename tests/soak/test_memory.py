"""The intake keeps nothing of a mail once it is done: memory stays flat over 10,000 of them."""

import gc

import psutil
import pytest

from connectors.mail import maildir
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.services import poll_mailboxes
from tests.factories.mail import MailboxFactory, a_mail
from tests.scale import full_size

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3000)]

MAILS = full_size(10_000)
MOST_GROWTH = 8 * 1024 * 1024
"""Bytes from the first fifth of the mails to the last: caches fill in the beginning, then nothing may grow."""


def test_memory_is_flat_over_many_mails() -> None:
    mailbox = MailboxFactory()
    inbox = maildir.ensure(maildir.folder_of(mailbox.address))
    sizes = []
    for fifth in range(5):
        _fill(inbox, mailbox, range(fifth * MAILS // 5, (fifth + 1) * MAILS // 5))
        while poll_mailboxes():
            pass
        gc.collect()
        sizes.append(psutil.Process().memory_info().rss)
    assert MailMessage.objects.filter(state="created").count() == MAILS
    assert sizes[-1] - sizes[0] < MOST_GROWTH, sizes


def _fill(inbox: maildir.Path, mailbox: Mailbox, numbers: range) -> None:
    for path in maildir.messages_in(inbox):
        path.unlink()
    for number in numbers:
        raw = a_mail(sender=f"person{number}@customer.test", to=mailbox.address, body=f"Number {number}\n" * 400)
        (inbox / "new" / f"{number:05}.mail").write_bytes(raw)
