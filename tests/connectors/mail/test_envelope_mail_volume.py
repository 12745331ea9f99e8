"""A thousand mails of experts, vendors, customers and strangers, in every dress: no text of an envelope comes before a
customer, and no mail of a customer lands where the owner does not see it. A tenth of them in the suite.
"""

import random
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Agent
from connectors.mail.enums import MailState, Reason
from connectors.mail.models import MailMessage
from connectors.mail.parsing import parse
from connectors.mail.services.intake import take_in
from core.events import deliver_all
from envelopes import services
from envelopes.mail_tokens import thread_id_of, token_of
from envelopes.models import Envelope
from notifications.models import Notification
from tests.connectors.mail.conftest import answered
from tests.connectors.mail.envelope_mail import DANA, NINA, NOAH, VERA, Desk, a_desk, address_of
from tests.connectors.mail.test_threading_properties import thread_index
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory, a_mail
from tests.scale import full_size
from tickets.enums import Visibility
from tickets.links import Answer, sign_answer
from tickets.models import OutboundMessage, Ticket, TimelineEntry

pytestmark = [pytest.mark.django_db, pytest.mark.soak, pytest.mark.timeout(3000)]
MAILS = full_size(1_000)
SEED = 20260310
SENDERS = {"expert": [NINA, NOAH], "vendor": [VERA], "customer": [f"Dana Roth <{DANA}>"], "stranger": ["eve@else.test"]}
PREFIXES = ("", "RE: ", "AW: ", "Fwd: ", "WG: ", "RE: RE: ")


class Written:
    """One mail of somebody, with words of its own; it may quote an envelope, name the ticket, go to everybody."""

    def __init__(self, desk: Desk, chance: random.Random, secrets: dict[str, str]) -> None:
        self.chance = chance
        self.who = chance.choice([*SENDERS, "customer"])
        self.sender = chance.choice(SENDERS[self.who])
        self.to, self.cc, self.tags = ["support@desk.test"], list[str](), list[str]()
        self.headers: dict[str, str] = {}
        self.is_packed = chance.random() < 0.2
        self.copies = chance.choice([1, 1, 1, 1, 2])
        self.body = f"word{uuid4().hex}\n"
        named = [desk.inside, desk.vendor] if chance.random() < 0.1 else [chance.choice([desk.inside, desk.vendor])]
        self.quotes = named if chance.random() < 0.6 else []
        for envelope in self.quotes:
            self._quote(envelope, secrets[str(envelope.pk)])
        if chance.random() < 0.6:
            self._name_ticket(desk)
        self._answer(desk)
        if chance.random() < 0.4:  # reply-all
            self.cc += chance.sample([DANA, VERA, NINA, "colin@customer.test"], 2)
        self.is_automatic = chance.random() < 0.2
        if self.is_automatic:
            self.headers["Auto_Submitted"] = "auto-replied"

    def _quote(self, envelope: Envelope, secret: str) -> None:
        """Whatever a mail program has taken away, one or two signs of the envelope are left."""
        token, signs = token_of(envelope.pk), self.chance.choices(["address", "id", "subject", "text"], k=2)
        if "address" in signs:
            self.chance.choice([self.to, self.cc]).append(address_of(envelope))
        if "id" in signs:
            self._refer(f"<{thread_id_of(envelope.pk)}>")
        if "subject" in signs:
            self.tags.append(f"[{token}]")
        self.body += f"\n> {secret}\n" + (f"> -- \n> {token}\n" if "text" in signs else "")

    def _name_ticket(self, desk: Desk) -> None:
        signs = self.chance.choices(["tag", "id"], k=2)
        if "tag" in signs:
            self.tags.insert(self.chance.randint(0, len(self.tags)), f"[{desk.ticket.reference}]")
        if "id" in signs:
            self._refer(f"<{desk.ours.email_message_id}>")

    def _answer(self, desk: Desk) -> None:
        """What mail programs add by themselves: ids of mails that came in, Outlook's name for the conversation."""
        is_customers = self.who == "customer" and not self.quotes
        if self.chance.random() < 0.5:
            self._refer(f"<{desk.ours.email_message_id}>" if is_customers else "<first@customer.test>")
        if self.chance.random() < 0.4:
            self._refer(self.chance.choice(["<all@vendor.test>", "<fwd@desk.example>", "<post@vendor.test>"]))
        if self.chance.random() < 0.4:
            self.headers["Thread_Index"] = thread_index(self.chance.randint(1, 9))

    def named_by(self, desk: Desk) -> set[Envelope]:
        """Envelopes by what it quotes, and by the ids of mails that stand in them."""
        references = self.headers.get("References", "")
        posts = {"fwd@desk.example": desk.inside, "post@vendor.test": desk.vendor}
        return {*self.quotes, *(envelope for name, envelope in posts.items() if name in references)}

    def _refer(self, message_id: str) -> None:
        known = self.headers.get("References", "")
        both = [known, message_id] if self.chance.random() < 0.5 else [message_id, known]
        self.headers["References"] = " ".join(filter(None, both))

    def raw(self) -> bytes:
        subject = f"{self.chance.choice(PREFIXES)}{' '.join(self.tags)} Printer"
        body = self.body
        if subject.startswith(("Fwd", "WG")):
            body = f"FYI\n\n---------- Forwarded message ---------\nFrom: Vera <{VERA}>\nSubject: Switch\n\n{body}"
        headers = self.headers | ({"Cc": ", ".join(self.cc)} if self.cc else {})
        raw = a_mail(sender=self.sender, to=", ".join(self.to), subject=subject, body=body, **headers)
        return packed(raw) if self.is_packed else raw


def packed(raw: bytes) -> bytes:
    """Its text in base64, as many programs send it."""
    mail = message_from_bytes(raw, policy=default)
    mail.set_content(mail.get_content(), cte="base64")
    return mail.as_bytes()


def written(desk: Desk, secrets: dict[str, str]) -> Iterator[Written]:
    chance = random.Random(SEED)
    desk.to_vendor(secrets[str(desk.vendor.pk)])
    _share_the_conversation(desk)
    for _number in range(MAILS):
        yield Written(desk, chance, secrets)


def _share_the_conversation(desk: Desk) -> None:
    """Vendor and expert have written into the customer's conversation, and one of them into the envelope as well."""
    signs = {"References": f"<first@customer.test> <{desk.ours.email_message_id}>"}
    desk.comes(f"Dana Roth <{DANA}>", Thread_Index=thread_index(1), **signs)
    desk.comes(VERA, message_id="all@vendor.test", Thread_Index=thread_index(2), **signs)
    forward = {"message_id": "fwd@desk.example", "Thread_Index": thread_index(3)}
    assert desk.comes(NINA, to=address_of(desk.inside), **forward, **signs).state == MailState.POSTED
    assert desk.comes(VERA, to=address_of(desk.vendor), message_id="post@vendor.test").state == MailState.POSTED


def test_no_mail_puts_an_envelope_before_a_customer_or_a_customer_where_nobody_looks(settings: Settings) -> None:
    settings.MAIL_BRAKES = dict.fromkeys(settings.MAIL_BRAKES, (0, 60))
    desk, sales = a_desk(), MailboxFactory(address="sales@desk.test")
    seller = AgentFactory(teams=[sales.team])
    secrets = {str(each.pk): f"canary{uuid4().hex}" for each in (desk.inside, desk.vendor)}
    services.post_in_envelope(desk.inside.pk, by=desk.nina, body_text=secrets[str(desk.inside.pk)])
    outcomes: Counter[tuple[str, str]] = Counter()
    kept = 0
    for mail in written(desk, secrets):
        raw = mail.raw()
        found = take_in(desk.mailbox, raw, provider_id=uuid4().hex, source="polled")
        outcomes[(mail.who, str(found.reason))] += 1
        check_its_place(desk, mail, found)
        for _copy in range(mail.copies - 1):
            check_its_copy(desk, found, take_in(sales, raw, provider_id=uuid4().hex, source="polled"))
        kept += mail.who == "customer" and found.reason == Reason.ENVELOPE_STRANGER
    deliver_all()
    check_that_the_owner_knows(desk, kept)
    check_what_customers_get(desk, secrets)
    check_what_others_read(desk, secrets, seller)
    for met in (("vendor", "envelope"), ("expert", "envelope"), ("customer", "envelope_stranger")):
        assert outcomes[met] > 0, met
    assert outcomes["customer", "message_id"] > 0
    assert MailMessage.objects.filter(state=MailState.RECEIVED).count() == 0


def check_its_place(desk: Desk, mail: Written, found: MailMessage) -> None:
    assert found.reason not in ("refused", "gave_up", "unparsable"), (mail.who, found.detail, found.last_error)
    entry = TimelineEntry.objects.filter(pk=found.entry_id).first()
    if mail.quotes:
        assert found.ticket_id is None
        assert entry is None or entry.visibility == Visibility.ENVELOPE_ONLY
        if found.state == MailState.POSTED:
            assert mail.who in ("expert", "vendor")
    if mail.who != "customer" or mail.is_automatic:
        return
    if not mail.quotes and desk.ours.email_message_id in mail.headers.get("References", ""):
        assert found.ticket_id is not None, (found.reason, mail.headers)
        return
    if len(mail.named_by(desk)) < 2:
        assert entry is not None, (found.state, found.reason)
        is_on_a_ticket = found.ticket_id is not None and entry.visibility != Visibility.ENVELOPE_ONLY
        assert is_on_a_ticket or found.state == MailState.RECORDED
    else:
        assert found.reason == Reason.SEVERAL_ENVELOPES


def check_its_copy(desk: Desk, found: MailMessage, copy: MailMessage) -> None:
    assert (copy.state, copy.duplicate_of_id) == (MailState.DUPLICATE, found.pk)
    sealed = [set(row.envelope_mails.values_list("envelope", flat=True)) for row in (found, copy)]
    assert sealed[0] == sealed[1]


def check_what_others_read(desk: Desk, secrets: dict[str, str], seller: Agent) -> None:
    """The ledger's rows and bytes, for those of the mailboxes' teams who help on nothing."""
    for agent in (desk.mate, seller):
        seen = MailMessage.objects.visible_to(Agent.objects.get(pk=agent.pk)).select_related("raw")
        assert seen.exists()
        for row in seen:
            text = parse(bytes(row.raw.content)).body_text
            assert not any(secret in text for secret in secrets.values())


def check_that_the_owner_knows(desk: Desk, kept: int) -> None:
    """Of each mail that a customer wrote and an envelope keeps, one by one, and of what waits in quarantine, once for
    each of its envelopes; and they read where it stands.
    """
    news = Notification.objects.filter(recipient=desk.owner, payload__by=DANA)
    held = MailMessage.objects.filter(state=MailState.QUARANTINED, from_address=DANA)
    told = [news.filter(payload__what=what).count() for what in ("mail_kept", "mail_held")]
    assert (told, kept > 0) == ([kept, 2 * held.count()], True)
    assert MailMessage.objects.visible_to(Agent.objects.get(pk=desk.owner.pk)).filter(pk__in=held).count() == len(held)
    assert Envelope.objects.thread_visible_to(Agent.objects.get(pk=desk.owner.pk)).count() == 2


def check_what_customers_get(desk: Desk, secrets: dict[str, str]) -> None:
    ticket = Ticket.objects.get(pk=desk.ticket.pk)
    if ticket.is_open:
        answered(ticket, desk.owner)
    to_customers = OutboundMessage.objects.to_customers()
    mails = [desk.as_sent(message).message().as_string() for message in to_customers]
    public = [f"{entry.subject}\n{entry.body_text}\n{entry.body_html}" for entry in TimelineEntry.objects.public()]
    links = [
        Client().get(f"/answer/{sign_answer(each, answer)}/").content.decode()
        for each in Ticket.objects.all()[:20]
        for answer in Answer
    ]
    words = [*secrets.values(), token_of(desk.inside.pk), token_of(desk.vendor.pk)]
    for text in (*mails, *public, *links, *Ticket.objects.values_list("description", flat=True)):
        assert not any(word in text for word in words)
    of_ticket = to_customers.filter(ticket=ticket)
    assert {address for message in of_ticket for address in message.to_recipients} == {DANA}
    assert not TimelineEntry.objects.public().filter(ticket=ticket, email_from__in=[VERA, NINA, NOAH]).exists()
