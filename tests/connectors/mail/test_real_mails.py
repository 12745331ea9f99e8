"""The development mails through the whole intake: each ends with an outcome, and coming twice makes duplicates."""

from collections import Counter

import pytest

from connectors.mail.enums import MailState, Reason
from connectors.mail.models import MailMessage, RawMail
from tests.connectors.mail.parsing.corpus import DEVELOPMENT_MAILS, MISSING
from tests.factories.mail import MailboxFactory, arrive
from tickets.models import TimelineEntry

OURS = (Reason.GAVE_UP, Reason.UNPARSABLE, Reason.REFUSED)
"""Reasons that would mean that we failed, not the mail."""


@pytest.mark.django_db
@pytest.mark.skipif(not DEVELOPMENT_MAILS.is_dir(), reason=MISSING)
def test_every_real_mail_ends_with_an_outcome_and_once() -> None:
    mailbox = MailboxFactory()
    paths = sorted(DEVELOPMENT_MAILS.rglob("*.eml"))
    assert len(paths) > 100
    first = [arrive(path.read_bytes(), mailbox) for path in paths]
    assert all(message.has_outcome for message in first)
    assert [message for message in first if message.reason in OURS] == []
    assert RawMail.objects.count() == len({path.read_bytes() for path in paths})
    entries = TimelineEntry.objects.count()
    again = Counter(arrive(path.read_bytes(), mailbox).state for path in paths)
    assert again == {MailState.DUPLICATE: len(paths)}
    assert TimelineEntry.objects.count() == entries
    automatic = MailMessage.objects.filter(kind__in=["bounce", "delay", "report", "auto_reply"])
    assert not automatic.filter(state__in=[MailState.CREATED, MailState.APPENDED]).exists()
