"""Mails that nobody should act on: blocked, hostile, broken, huge; each ends stored with an outcome (rulings 15-18)."""

import os
from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from accounts.enums import Role
from accounts.models import Team
from connectors.mail.enums import MailState, Reason, Source
from connectors.mail.errors import MailNotQuarantined
from connectors.mail.models import BlockedSender, Mailbox, MailMessage, RawMail
from connectors.mail.parsing import DEFAULT_LIMITS
from connectors.mail.services import (
    block_sender,
    intake,
    process,
    process_due,
    receive,
    release_mail,
    retry_mail,
    unblock_sender,
)
from core.errors import NotFound
from core.events import deliver_due
from tests.connectors.mail.conftest import owned_ticket
from tests.factories import AgentFactory
from tests.factories.mail import a_mail, arrive
from tickets.errors import RoleForbids
from tickets.message_ids import new_message_id
from tickets.models import OutboundMessage, Ticket
from tickets.services import (
    cancel_ticket,
)

pytestmark = pytest.mark.django_db
HOSTILE = {
    "nothing": (b"", MailState.QUARANTINED, Reason.NO_SENDER),
    "blank lines": (b"\r\n\r\n\r\n", MailState.QUARANTINED, Reason.NO_SENDER),
    "binary": (bytes(range(256)) * 50, MailState.QUARANTINED, Reason.NO_SENDER),
    "only a sender": (b"From: a@b.test\r\n\r\n", MailState.CREATED, Reason.NEW),
    "nul bytes": (b"From: a@b.test\r\nSubject: a\x00b\r\n\r\n\x00\x00text", MailState.CREATED, Reason.NEW),
    "lone surrogate": (b"From: a@b.test\r\nSubject: =?utf-8?q?=ED=A0=80?=\r\n\r\nx", MailState.CREATED, Reason.NEW),
    "injection": (
        b"From: a@b.test\r\nSubject: =?utf-8?q?a=0D=0ABcc=3A_x=40y?=\r\n\r\nx",
        MailState.CREATED,
        Reason.NEW,
    ),
    "long id": (
        b"From: a@b.test\r\nMessage-ID: <" + b"\xc3\xa4" * 5000 + b"@x>\r\n\r\nx",
        MailState.CREATED,
        Reason.NEW,
    ),
    "long address": (b"From: " + b"a" * 2000 + b"@b.test\r\n\r\nx", MailState.QUARANTINED, Reason.NO_SENDER),
    "deep": (
        b"From: a@b.test\r\n"
        + b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(200)),
        MailState.QUARANTINED,
        Reason.OVER_LIMIT,
    ),
}


def test_answer_to_spam_goes_to_quarantine_and_to_a_withdrawn_one_makes_a_follow_up(mailbox: Mailbox) -> None:
    ticket, ann = owned_ticket(mailbox)
    cancel_ticket(ticket.pk, by=ann, code="spam")
    message = arrive(a_mail(In_Reply_To="<first@customer.test>"), mailbox)
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.SPAM_TICKET)
    other = arrive(a_mail(message_id="other@customer.test"), mailbox)
    cancel_ticket(other.ticket_id, by=ann, code="withdrawn")
    message = arrive(a_mail(In_Reply_To="<other@customer.test>"), mailbox)
    assert (message.state, message.reason) == (MailState.CREATED, Reason.FOLLOW_UP)


def test_blocked_sender_goes_to_quarantine_until_unblocked(mailbox: Mailbox) -> None:
    ann = AgentFactory(teams=[mailbox.team])
    block_sender("Dana@Customer.test", by=ann, reason="spam")
    message = arrive(a_mail(), mailbox)
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.BLOCKED_SENDER)
    assert Ticket.objects.count() == 0
    assert unblock_sender("dana@customer.test", by=ann)
    assert arrive(a_mail(body="again"), mailbox).state == MailState.CREATED
    rows = BlockedSender.history.order_by("history_id").values_list("history_type", "actor_name")
    assert list(rows) == [("+", ann.name), ("-", ann.name)]


def test_mail_in_our_own_name_goes_to_quarantine_and_our_own_mail_is_kept_without_effect(mailbox: Mailbox) -> None:
    message = arrive(a_mail(sender=f"Desk <{mailbox.address}>"), mailbox)
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.OWN_ADDRESS)
    message = arrive(a_mail(sender=mailbox.address, message_id=new_message_id()), mailbox)
    assert (message.state, message.reason) == (MailState.RECORDED, Reason.OWN_MAIL)


def test_web_form_in_our_name_counts_for_the_address_to_answer_to(mailbox: Mailbox) -> None:
    message = arrive(a_mail(sender=f"Dana via Form <{mailbox.address}>", Reply_To="dana@customer.test"), mailbox)
    assert message.state == MailState.CREATED
    assert message.ticket is not None
    assert message.ticket.requester.email == "dana@customer.test"


@pytest.mark.parametrize(("raw", "state", "reason"), HOSTILE.values(), ids=HOSTILE.keys())
def test_every_mail_ends_stored_with_an_outcome(mailbox: Mailbox, raw: bytes, state: str, reason: str) -> None:
    message = arrive(raw, mailbox)
    assert (message.state, message.reason) == (state, reason)
    assert bytes(message.raw.content) == raw


def test_mail_of_thirty_megabytes_is_ordinary(mailbox: Mailbox) -> None:
    message = arrive(a_mail(files={"film.bin": os.urandom(22 * 1024 * 1024)}), mailbox)
    assert message.state == MailState.CREATED
    assert message.raw.size_bytes > 30_000_000
    assert message.entry is not None
    assert message.entry.attachments.get().size_bytes == 22 * 1024 * 1024


def test_mail_beyond_the_limit_is_stored_in_quarantine(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert DEFAULT_LIMITS.raw_size == 35 * 1024 * 1024
    monkeypatch.setattr(intake, "DEFAULT_LIMITS", replace(DEFAULT_LIMITS, raw_size=20_000))
    raw = a_mail(files={"film.bin": bytes(20_000)})
    message = arrive(raw, mailbox)
    assert (message.state, message.reason, message.detail) == (MailState.QUARANTINED, Reason.OVER_LIMIT, "raw size")
    assert message.raw.size_bytes == len(raw)
    assert message.subject == "Printer is on fire"


def test_refused_request_is_kept_in_quarantine_with_its_reason(mailbox: Mailbox) -> None:
    """The addressed team takes no tickets any more between the look-up and the creation."""
    message = receive(mailbox, a_mail(), provider_id="1", source=Source.POLLED)
    Team.objects.filter(pk=mailbox.team_id).update(is_active=False)
    message = process(MailMessage.objects.get(pk=message.pk))
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.REFUSED)
    assert message.from_address == "dana@customer.test"


def test_a_mail_that_keeps_breaking_its_worker_goes_to_quarantine(mailbox: Mailbox) -> None:
    message = receive(mailbox, a_mail(), provider_id="1", source=Source.POLLED)
    now = message.leased_until
    for _attempt in range(5):
        MailMessage.objects.filter(pk=message.pk).update(leased_until=None, attempts=F("attempts") + 1)
    assert process_due(now=now) == 1
    message.refresh_from_db()
    assert (message.state, message.reason) == (MailState.QUARANTINED, Reason.GAVE_UP)


def test_supervisor_releases_from_quarantine_and_agent_may_not(mailbox: Mailbox) -> None:
    ann = AgentFactory(teams=[mailbox.team])
    sam = AgentFactory(roles=[Role.SUPERVISOR])
    Team.objects.filter(pk=mailbox.team_id).update(supervisor=sam)
    block_sender("dana@customer.test", by=ann)
    message = arrive(a_mail(), mailbox)
    with pytest.raises(RoleForbids):
        release_mail(message.pk, by=ann)
    with pytest.raises(NotFound):
        release_mail(message.pk, by=AgentFactory(roles=[Role.SUPERVISOR]))
    release_mail(message.pk, by=sam)
    assert process_due() == 1
    message.refresh_from_db()
    assert (message.state, message.released_by) == (MailState.CREATED, sam)
    with pytest.raises(MailNotQuarantined):
        retry_mail(message.pk, by=ann)


def test_raw_mail_and_ledger_cannot_be_rewritten(mailbox: Mailbox) -> None:
    arrive(a_mail(), mailbox)
    with pytest.raises(DatabaseError), transaction.atomic():
        RawMail.objects.update(content=b"")
    with pytest.raises(DatabaseError), transaction.atomic():
        RawMail.objects.all().delete()


def test_released_mail_in_our_own_name_makes_a_ticket_that_is_not_answered(mailbox: Mailbox) -> None:
    """A scanner that sends as the desk's own address, say."""
    sam = AgentFactory(roles=[Role.SUPERVISOR])
    Team.objects.filter(pk=mailbox.team_id).update(supervisor=sam)
    message = arrive(a_mail(sender=mailbox.address, subject="Scan"), mailbox)
    release_mail(message.pk, by=sam)
    process_due()
    message.refresh_from_db()
    assert (message.state, message.reason) == (MailState.CREATED, Reason.NEW)
    deliver_due(limit=1000)
    assert OutboundMessage.objects.count() == 0
