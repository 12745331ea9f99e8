"""After a change of the sanitiser mails are cleaned again from their bytes; otherwise HTML never changes (058)."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from accounts.enums import Role
from connectors.mail.enums import Source
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.parsing import SANITISER_VERSION
from connectors.mail.services import clean_again, move_mail, receive, undo_mail_move
from core.actors import SystemActor
from tests.connectors.mail.conftest import owned_ticket, released_reply
from tests.factories import AgentFactory, ContactFactory
from tests.factories.mail import a_mail, arrive
from tickets.models import HtmlCleaning, SearchDocument, Ticket, TimelineEntry
from tickets.services import (
    accept_ticket,
    create_ticket,
    merge_ticket,
    redact_entry,
    replace_html,
    split_entry,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
SYSTEM = SystemActor("test")
HTML = '<p class="x">It <b>burns</b>.</p><form action="https://evil.test/"><button>Sign in</button></form>'
CLEAN = "<p>It <b>burns</b>.</p>Sign in"
LET_THROUGH = '<p>It <b>burns</b>.</p><form action="https://evil.test/"><button>Sign in</button></form>'
"""As a sanitiser of long ago might have left it."""


def an_old_mail(mailbox: Mailbox, **evidence: int) -> MailMessage:
    """One that came when forms were still let through."""
    raw = a_mail(body="It burns. Sign in", html=HTML)
    message = receive(mailbox, raw, provider_id="old", source=Source.POLLED)
    words = Message(body_text="It burns. Sign in", body_html=LET_THROUGH)
    dana = ContactFactory()
    ticket = create_ticket(by=SYSTEM, requester=dana, team=mailbox.team, subject="Printer", message=words)
    message.create(ticket, ticket.first_entry.pk, reason="new", at=timezone.now() - timedelta(days=400))  # type: ignore[arg-type,union-attr]
    message.evidence = dict(evidence)
    message.save()
    return message


def html_now(message: MailMessage) -> str:
    return TimelineEntry.objects.get(pk=message.entry_id).body_html


def test_the_ledger_names_the_version_that_has_cleaned_a_mail(mailbox: Mailbox) -> None:
    assert arrive(a_mail(html=HTML), mailbox).evidence["sanitiser"] == SANITISER_VERSION
    assert "sanitiser" not in arrive(a_mail(body="Text alone"), mailbox).evidence


@pytest.mark.parametrize("evidence", [{}, {"sanitiser": SANITISER_VERSION - 1}], ids=["before it was noted", "older"])
def test_mails_of_an_older_version_are_cleaned_from_their_bytes(mailbox: Mailbox, evidence: dict[str, int]) -> None:
    message = an_old_mail(mailbox, **evidence)
    before = TimelineEntry.objects.get(pk=message.entry_id)
    out = StringIO()
    call_command("clean_mails_again", stdout=out)
    assert out.getvalue() == f"1 mails read again by sanitiser {SANITISER_VERSION}; 1 entries are changed.\n"
    entry = TimelineEntry.objects.get(pk=message.entry_id)
    assert (entry.body_html.strip(), entry.body_text, entry.seq) == (CLEAN, before.body_text, before.seq)
    assert Ticket.objects.get().description_html == entry.body_html
    cleaning = HtmlCleaning.objects.get()
    assert (cleaning.entry, cleaning.sanitiser_version) == (entry, SANITISER_VERSION)
    old = (hashlib.sha256(LET_THROUGH.encode()).hexdigest(), len(LET_THROUGH))
    assert (cleaning.old_html_sha256, cleaning.old_html_length) == old
    message.refresh_from_db()
    assert message.evidence == {**evidence, "sanitiser": SANITISER_VERSION}
    assert clean_again() == (0, 0, 0)


def test_mails_of_todays_version_are_left_alone(mailbox: Mailbox) -> None:
    message = an_old_mail(mailbox, sanitiser=SANITISER_VERSION)
    assert clean_again() == (0, 0, 0)
    assert html_now(message) == LET_THROUGH


def test_both_halves_of_a_forward_are_cleaned_with_nothing_lost(mailbox: Mailbox) -> None:
    agent = AgentFactory(teams=[mailbox.team])
    inner = a_mail(html=HTML)
    raw = (
        f"From: {agent.email}\r\nTo: support@desk.test\r\nSubject: Fwd: Printer\r\nMIME-Version: 1.0\r\n".encode()
        + b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: text/html\r\n\r\n<p>Look.</p>\r\n"
        + b"--o\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner
        + b"\r\n--o--\r\n"
    )
    message = arrive(raw, mailbox)
    own_words = TimelineEntry.objects.get(pk=message.evidence["forward_entry"])
    before = (html_now(message), own_words.body_html)
    assert all(before)
    del message.evidence["sanitiser"]
    message.save()
    assert clean_again() == (1, 0, 0)
    own_words.refresh_from_db()
    assert (html_now(message), own_words.body_html) == before


def test_what_was_redacted_stays_blank(mailbox: Mailbox) -> None:
    message = an_old_mail(mailbox)
    redact_entry(message.entry_id, by=AgentFactory(roles=[Role.ADMIN]), reason="Names a patient.")  # type: ignore[arg-type]
    assert clean_again() == (0, 0, 0)
    assert html_now(message) == ""
    assert replace_html(message.entry_id, html="<p>x</p>", sanitiser_version=9, by=SYSTEM) is False  # type: ignore[arg-type]


def refuses(entry_id: UUID | None, changes: str, *, recorded: str = "") -> bool:
    """Whether the database refuses `changes` of the entry; `recorded`: the sum of the HTML that a cleaning names."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if recorded:
                HtmlCleaning.objects.create(entry_id=entry_id, sanitiser_version=3, html_sha256=recorded)
            cursor.execute(f"UPDATE tickets_timelineentry SET {changes} WHERE id = %s", [entry_id])
    except IntegrityError:
        return True
    return False


def test_058_without_its_record_no_html_is_replaced_and_with_it_nothing_else(mailbox: Mailbox) -> None:
    entry_id = an_old_mail(mailbox).entry_id
    right, wrong = hashlib.sha256(b"x").hexdigest(), hashlib.sha256(b"y").hexdigest()
    assert refuses(entry_id, "body_html = 'x'")
    assert refuses(entry_id, "body_html = 'x'", recorded=wrong)
    assert refuses(entry_id, "body_html = 'x', body_text = 'forged'", recorded=right)
    assert not HtmlCleaning.objects.exists()
    assert not refuses(entry_id, "body_html = 'x'", recorded=right)
    with pytest.raises(DatabaseError), transaction.atomic():
        HtmlCleaning.objects.update(sanitiser_version=9)


@pytest.mark.parametrize("kind", ["email_outbound", "note", "phone_note"])
def test_058_what_did_not_come_by_mail_keeps_its_html(mailbox: Mailbox, kind: str) -> None:
    old = an_old_mail(mailbox)
    copied = TimelineEntry.objects.get(pk=old.entry_id)
    entry = TimelineEntry.objects.create(
        ticket=copied.ticket,
        kind=kind,
        visibility="internal",
        author_type="system",
        author_name="Mara Klein",
        body_html="<p>We refund nothing.</p>",
    )
    forged = "<p>We refund everything.</p>"
    digest = hashlib.sha256(forged.encode()).hexdigest()
    assert refuses(entry.pk, f"body_html = '{forged}'", recorded=digest)
    assert replace_html(entry.pk, html=forged, sanitiser_version=9, by=SYSTEM) is False
    assert TimelineEntry.objects.get(pk=entry.pk).body_html == "<p>We refund nothing.</p>"


def test_058_a_sent_reply_and_what_an_agent_wrote_keep_their_html(mailbox: Mailbox) -> None:
    reply = TimelineEntry.objects.get(pk=released_reply(mailbox, text="We **refund** nothing.").entry_id)
    agent = reply.author
    forged, digest = "<p>x</p>", hashlib.sha256(b"<p>x</p>").hexdigest()
    mine = TimelineEntry.objects.create(
        ticket=reply.ticket,
        kind="envelope_message",
        visibility="envelope_only",
        author_type="agent",
        author=agent,
        author_name="Ann",
        body_html="<p>y</p>",
    )
    for entry in (reply, mine):
        assert entry.body_html
        assert refuses(entry.pk, f"body_html = '{forged}'", recorded=digest)
        assert replace_html(entry.pk, html=forged, sanitiser_version=9, by=SYSTEM) is False
    assert not HtmlCleaning.objects.exists()


def test_058_the_record_names_what_stood_there_and_nobody_forges_it(mailbox: Mailbox) -> None:
    entry_id = an_old_mail(mailbox).entry_id
    right = hashlib.sha256(b"x").hexdigest()
    HtmlCleaning.objects.create(
        entry_id=entry_id, sanitiser_version=3, html_sha256=right, old_html_sha256=right, old_html_length=1
    )
    old = HtmlCleaning.objects.values_list("old_html_sha256", "old_html_length").get()
    assert old == (hashlib.sha256(LET_THROUGH.encode()).hexdigest(), len(LET_THROUGH))
    assert not refuses(entry_id, "body_html = 'x'")
    assert not refuses(entry_id, "body_html = 'y'", recorded=hashlib.sha256(b"y").hexdigest())
    assert refuses(entry_id, "body_html = 'x'")  # the first record names what stood there then


def test_every_ticket_that_a_mail_has_begun_is_cleaned_and_redacted(mailbox: Mailbox) -> None:
    """Split off and then merged, its words stand in the description of the ticket between."""
    first, ann = owned_ticket(mailbox)
    message = arrive(a_mail(html=HTML, body="A canary.", In_Reply_To="<first@customer.test>"), mailbox)
    between = split_entry(first.pk, entry_id=message.entry_id, by=ann)
    accept_ticket(between.pk, by=ann)
    other = arrive(a_mail(body="Third thing", message_id="third@customer.test"), mailbox)
    accept_ticket(other.ticket_id, by=ann)
    merge_ticket(between.pk, into=other.ticket, by=ann)
    assert replace_html(message.entry_id, html="<p>Cleaned</p>", sanitiser_version=9, by=SYSTEM)
    between.refresh_from_db()
    assert (between.description_html, "canary" in between.description) == ("<p>Cleaned</p>", True)
    redact_entry(message.entry_id, by=AgentFactory(roles=[Role.ADMIN]), reason="Names a patient.")
    between.refresh_from_db()
    assert (between.description, between.description_html) == ("", "")
    assert not any("canar" in str(document.words) for document in SearchDocument.objects.all())


def test_a_mail_that_cannot_be_cleaned_stops_no_other(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = an_old_mail(mailbox), arrive(a_mail(body="Other", html=HTML), mailbox)
    MailMessage.objects.filter(pk=good.pk).update(evidence={})
    MailMessage.objects.filter(pk=broken.pk).update(evidence={"forward_entry": "nonsense"})
    out = StringIO()
    with pytest.raises(CommandError, match="1 mails could not be cleaned"):
        call_command("clean_mails_again", stdout=out)
    assert out.getvalue().startswith("1 mails read again")
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["mail not cleaned again"]
    good.refresh_from_db()
    broken.refresh_from_db()
    assert (good.evidence["sanitiser"], "sanitiser" in broken.evidence) == (SANITISER_VERSION, False)
    assert clean_again() == (0, 0, 1)  # tried again


@pytest.mark.django_db(transaction=True)
def test_cleaning_and_moving_hold_no_mail_while_they_wait_for_a_ticket(mailbox: Mailbox) -> None:
    """A merge locks the tickets first and their mails after them."""
    ticket, ann = owned_ticket(mailbox, html=HTML)
    message = MailMessage.objects.get(ticket=ticket)
    other = arrive(a_mail(body="Other", message_id="other@customer.test"), mailbox)
    MailMessage.objects.filter(pk=message.pk).update(evidence={})
    MailMessage.objects.filter(pk=other.pk).update(evidence={"sanitiser": SANITISER_VERSION})
    acts = {
        "clean": clean_again,
        "move": lambda: move_mail(message.pk, to=other.ticket.reference, by=ann),
        "undo": lambda: undo_mail_move(message.pk, by=ann),
    }
    for name, act in acts.items():
        with ThreadPoolExecutor(1) as threads:
            with transaction.atomic():  # as a merge does
                list(Ticket.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
                waiting = threads.submit(alone, act)
                while not somebody_waits():
                    assert not waiting.done(), name
                    time.sleep(0.01)
                list(MailMessage.objects.select_for_update(nowait=True).values_list("pk", flat=True))
            waiting.result()


def alone(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connections.close_all()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_058_a_record_serves_only_the_transaction_that_wrote_it(mailbox: Mailbox) -> None:
    entry_id = an_old_mail(mailbox).entry_id
    digest = hashlib.sha256(b"x").hexdigest()
    HtmlCleaning.objects.create(entry_id=entry_id, sanitiser_version=3, html_sha256=digest, transaction_id=1)
    assert refuses(entry_id, "body_html = 'x'")
