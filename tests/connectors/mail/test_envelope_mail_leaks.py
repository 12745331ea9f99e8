"""No mail of an envelope reaches anybody but its readers (024; object rules 2 to 7): not from the ledger, not by what
was written to a vendor, not by a draft. One word is looked for in all that a person or a customer can get.
"""

import logging
from pathlib import Path
from typing import Any

import pytest

from accounts.enums import Role, Scope
from connectors.mail import maildir
from connectors.mail.models import MailMessage
from connectors.mail.services import poll_mailboxes, send_due_mail
from core.events import deliver_all
from envelopes import services
from envelopes.mail_tokens import token_of
from itilnext.logs import JsonFormatter
from tests.asked_of_all import Canary, addresses, all_that_reaches, tables_holding
from tests.connectors.mail.conftest import answered
from tests.connectors.mail.envelope_mail import DANA, VERA, Desk, a_desk, address_of
from tests.factories import AgentFactory, ApiClientFactory
from tests.factories.mail import a_mail, arrive
from tickets.models import OutboundMessage
from tickets.services import keep_draft, release_message

pytestmark = pytest.mark.django_db
LEDGER = "/api/v1/mail/messages/"


@pytest.fixture
def desk(db: None) -> Desk:
    return a_desk()


class Told:
    """In each way in which a mail comes to have to do with an envelope, with the same word in subject and text."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.canary = Canary("subject", "text", "file")
        words = {"subject": self.canary.text("subject"), "body": self.canary.text("text")}
        to_vendor = {"subject": words["subject"], "body_text": words["body"]}
        sent = services.write_to_vendor(desk.vendor.pk, by=desk.owner, **to_vendor)
        release_message(sent.pk, now=sent.release_at)
        services.write_to_vendor(desk.vendor.pk, by=desk.owner, **to_vendor)
        vendors = address_of(desk.vendor)
        files = {f"{self.canary.text('file')}.txt": b"x"}
        raw = a_mail(sender=VERA, to=vendors, files=files, message_id="one@vendor.test", **words)
        both = {"to": f"{vendors}, {address_of(desk.inside)}", **words}
        self.rows = [
            arrive(raw, desk.mailbox),
            arrive(raw, desk.mailbox),
            desk.comes("eve@elsewhere.test", to=vendors, **words),
            desk.comes(VERA, In_Reply_To=f"<{desk.ours.email_message_id}>", **words),
            desk.comes("eve@elsewhere.test", **both),
        ]
        keep_draft(desk.ticket.pk, by=desk.owner, mode=f"e{desk.vendor.number}", body_text=words["body"])
        deliver_all()

    def found_by(self, person: Any, among: list[str] | None = None) -> set[str]:
        """Of all addresses there are, or of some."""
        answers = all_that_reaches(person, among or addresses(self.canary.word), word=self.canary.word)
        return {address for address, answer in answers.items() if self.canary.is_in(answer)}


def test_024_each_mail_of_an_envelope_is_found_by_its_readers_and_by_nobody_else(desk: Desk) -> None:
    told = Told(desk)
    owner = told.found_by(desk.owner)
    vendor = f"/api/v1/envelopes/{desk.vendor.pk}/"
    assert {f"{vendor}messages/", f"{vendor}vendor_mails/", LEDGER, "/mail/"} <= owner
    assert {f"{LEDGER}{row.pk}/raw/" for row in told.rows} <= owner
    for name, person in {"customer": None, "expert beside it": desk.nina}.items():
        assert (name, told.found_by(person)) == (name, set())
    where = [path for path in addresses(told.canary.word) if "mail" in path or path in owner]
    outside = {
        "outsider": AgentFactory(roles=[Role.AGENT]),
        "colleague": desk.mate,
        "admin": AgentFactory(roles=[Role.ADMIN]),
        "program": ApiClientFactory(scopes=list(Scope), teams=[desk.mailbox.team]),
    }
    for name, person in outside.items():
        assert (name, told.found_by(person, where)) == (name, set())
    drafts = [path for path in addresses(told.canary.word) if "draft" in path]
    assert told.found_by(desk.noah, drafts) == set(), "what the owner has not sent"


def test_024_no_customer_gets_a_word_of_them_and_the_vendor_only_what_was_written_for_them(desk: Desk) -> None:
    told = Told(desk)
    answered(desk.ticket, desk.owner)
    for message in OutboundMessage.objects.all():
        words = desk.as_sent(message).message().as_string()
        is_to_vendor = message.to_recipients == [VERA]
        assert (told.canary.word in words, token_of(desk.vendor.pk) in words) == (is_to_vendor, is_to_vendor)
        assert is_to_vendor or message.to_recipients == [DANA]
    assert told.canary.word not in desk.public_words()


def test_the_words_are_kept_only_where_readers_are_answered_from(desk: Desk) -> None:
    told = Told(desk)
    assert MailMessage.objects.filter(subject__contains=told.canary.word).count() == len(told.rows)
    assert tables_holding(told.canary.word) == {
        *(
            "tickets_timelineentry",
            "envelopes_envelopewords",
        ),  # envelope_only; its words, for its readers
        *("tickets_outboundmessage", "tickets_draft", "tickets_attachment"),  # to the vendor; one's own; of the entry
        "mail_mailmessage",  # sealed; the bytes of `mail_rawmail` are read through it alone
    }


def test_024_no_log_of_the_intake_or_of_sending_holds_a_word_of_them(
    desk: Desk, maildirs: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = Told(desk)
    inbox = maildir.ensure(maildir.folder_of(desk.mailbox.address))
    to_vendor = {
        "to": address_of(desk.vendor),
        "subject": told.canary.text("subject"),
        "body": told.canary.text("text"),
    }
    for number, raw in enumerate((a_mail(sender=VERA, **to_vendor), a_mail(sender=VERA, **to_vendor)[:-30] + b"\xff")):
        (inbox / "new" / f"{number}.mail").write_bytes(raw)
    assert poll_mailboxes() == 2
    assert send_due_mail() >= 1
    assert MailMessage.objects.filter(subject=told.canary.text("subject")).count() == len(told.rows) + 2
    logged = [JsonFormatter().format(record) for record in caplog.records]
    assert [line for line in logged if "mail sent" in line]
    assert not [line for line in logged if told.canary.word in line]
