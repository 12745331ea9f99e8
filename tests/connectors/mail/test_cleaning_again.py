"""After a change of the sanitiser mails are cleaned again from their bytes; otherwise HTML never changes (058)."""

import hashlib
from datetime import timedelta
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.enums import Role
from connectors.mail.enums import Source
from connectors.mail.models import Mailbox, MailMessage
from connectors.mail.parsing import SANITISER_VERSION
from connectors.mail.services import clean_again, receive
from core.actors import SystemActor
from tests.factories import AgentFactory, ContactFactory
from tests.factories.mail import a_mail, arrive
from tickets.models import HtmlCleaning, Ticket, TimelineEntry
from tickets.services import create_ticket, redact_entry, replace_html
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
    message.refresh_from_db()
    assert message.evidence == {**evidence, "sanitiser": SANITISER_VERSION}
    assert clean_again() == (0, 0)


def test_mails_of_todays_version_are_left_alone(mailbox: Mailbox) -> None:
    message = an_old_mail(mailbox, sanitiser=SANITISER_VERSION)
    assert clean_again() == (0, 0)
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
    assert clean_again() == (1, 0)
    own_words.refresh_from_db()
    assert (html_now(message), own_words.body_html) == before


def test_what_was_redacted_stays_blank(mailbox: Mailbox) -> None:
    message = an_old_mail(mailbox)
    redact_entry(message.entry_id, by=AgentFactory(roles=[Role.ADMIN]), reason="Names a patient.")  # type: ignore[arg-type]
    assert clean_again() == (0, 0)
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


@pytest.mark.django_db(transaction=True)
def test_058_a_record_serves_only_the_transaction_that_wrote_it(mailbox: Mailbox) -> None:
    entry_id = an_old_mail(mailbox).entry_id
    digest = hashlib.sha256(b"x").hexdigest()
    HtmlCleaning.objects.create(entry_id=entry_id, sanitiser_version=3, html_sha256=digest, transaction_id=1)
    assert refuses(entry_id, "body_html = 'x'")
