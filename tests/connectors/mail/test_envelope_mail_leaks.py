"""No mail of an envelope reaches anybody but its readers (024; object rules 2 to 7): not from the ledger, not by what
was written to a vendor, not by a draft. One word is looked for in all that a person or a customer can get.
"""

from uuid import uuid4

import pytest
from django.db import connection

from accounts.enums import Role, Scope
from accounts.models import Agent
from connectors.mail.models import MailMessage
from core.events import deliver_all
from envelopes import services
from envelopes.mail_tokens import token_of
from tests.api.conftest import signed_in
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
        self.word = f"canary{uuid4().hex}"
        words = {"subject": f"{self.word} subject", "body": f"{self.word} text"}
        to_vendor = {"subject": words["subject"], "body_text": words["body"]}
        sent = services.write_to_vendor(desk.vendor.pk, by=desk.owner, **to_vendor)
        release_message(sent.pk, now=sent.release_at)
        services.write_to_vendor(desk.vendor.pk, by=desk.owner, **to_vendor)
        vendors = address_of(desk.vendor)
        files = {f"{self.word}.txt": b"x"}
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

    def addresses(self) -> list[str]:
        ticket, vendor = self.desk.ticket.reference, self.desk.vendor
        ledger = [f"{LEDGER}{row.pk}/{part}" for row in self.rows for part in ("", "raw/")]
        of_envelope = [f"/api/v1/envelopes/{vendor.pk}/{part}" for part in ("", "messages/", "vendor_mails/")]
        parts = ("", "timeline/", "attachments/", "envelopes/", "drafts/")
        of_ticket = [f"/api/v1/tickets/{ticket}/{part}" for part in parts]
        general = ["mail/messages/", "mail/brakes/", "outbox/", "drafts/", "notifications/", f"search/?q={self.word}"]
        return [*ledger, *of_envelope, *of_ticket, *(f"/api/v1/{name}" for name in general)]

    def pages(self) -> list[str]:
        at, number = f"/t/{self.desk.ticket.reference}/", self.desk.vendor.number
        ledger = [f"/mail/{row.pk}/{part}" for row in self.rows for part in ("", "raw/")]
        of_ticket = [at, f"{at}e/{number}/", f"{at}drafts/e{number}/", f"{at}history/", f"{at}?find={self.word}"]
        return ["/mail/", "/mail/?state=quarantined", *ledger, *of_ticket, "/outbox/", "/notifications/"]

    def found_by(self, person: Agent) -> list[str]:
        person = type(person).objects.get(pk=person.pk)
        answers = {address: signed_in(person).get(address) for address in self.addresses()}
        if isinstance(person, Agent):
            browser = self.desk.browser(person)
            answers |= {page: browser.get(page) for page in self.pages()}
        told = {f"{self.word} subject", f"{self.word} text", f"{self.word}.txt"}
        return [at for at, answer in answers.items() if any(word in answer.content.decode() for word in told)]


def test_024_each_mail_of_an_envelope_is_found_by_its_readers_and_by_nobody_else(desk: Desk) -> None:
    told = Told(desk)
    owner = set(told.found_by(desk.owner))
    vendor = f"/api/v1/envelopes/{desk.vendor.pk}/"
    assert {f"{vendor}messages/", f"{vendor}vendor_mails/", LEDGER, "/mail/"} <= owner
    assert {f"{LEDGER}{row.pk}/raw/" for row in told.rows} <= owner
    outside = {
        "colleague": desk.mate,
        "expert beside it": desk.nina,
        "outsider": AgentFactory(roles=[Role.AGENT]),
        "admin": AgentFactory(roles=[Role.ADMIN]),
        "program": ApiClientFactory(scopes=list(Scope), teams=[desk.mailbox.team]),
    }
    for name, person in outside.items():
        assert (name, told.found_by(person)) == (name, [])
    drafts = [at for at in told.found_by(desk.noah) if "drafts" in at]
    assert drafts == []


def test_024_no_customer_gets_a_word_of_them_and_the_vendor_only_what_was_written_for_them(desk: Desk) -> None:
    told = Told(desk)
    answered(desk.ticket, desk.owner)
    for message in OutboundMessage.objects.all():
        words = desk.as_sent(message).message().as_string()
        is_to_vendor = message.to_recipients == [VERA]
        assert (told.word in words, token_of(desk.vendor.pk) in words) == (is_to_vendor, is_to_vendor)
        assert is_to_vendor or message.to_recipients == [DANA]
    assert told.word not in desk.public_words()


def test_the_words_are_kept_only_where_readers_are_answered_from(desk: Desk) -> None:
    told = Told(desk)
    assert MailMessage.objects.filter(subject__contains=told.word).count() == len(told.rows)
    holding = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" AS r WHERE r::text LIKE %s)', [f"%{told.word}%"])
            if cursor.fetchone()[0]:
                holding.add(table)
    assert holding == {
        *(
            "tickets_timelineentry",
            "envelopes_envelopewords",
        ),  # envelope_only; its words, for its readers
        *("tickets_outboundmessage", "tickets_draft", "tickets_attachment"),  # to the vendor; one's own; of the entry
        "mail_mailmessage",  # sealed; the bytes of `mail_rawmail` are read through it alone
    }
