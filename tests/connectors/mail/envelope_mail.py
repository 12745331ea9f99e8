"""A ticket by mail, an envelope with its expert, one of a vendor, and the mails that go to and fro."""

from dataclasses import dataclass

from django.test import Client
from django.utils import timezone

from accounts.models import Agent
from connectors.mail.composing import UnfoldedMail, compose
from connectors.mail.models import Mailbox, MailMessage
from core.events import deliver_all
from envelopes import services
from envelopes.mail_tokens import token_of
from envelopes.models import Envelope
from envelopes.selectors import entries_of
from notifications.models import Notification
from notifications.wording import describe
from tests.connectors.mail.conftest import answered
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory
from tests.factories.mail import MailboxFactory, a_mail, arrive
from tickets.models import OutboundMessage, Ticket, TimelineEntry
from tickets.services import accept_ticket, release_message

DANA = "dana@customer.test"
VERA = "vera@vendor.test"
NINA = "nina@desk.example"
NOAH = "noah@desk.example"
MARA = "mara@desk.example"


@dataclass
class Desk:
    mailbox: Mailbox
    ticket: Ticket
    owner: Agent
    mate: Agent
    """Of the ticket's team, without a part in its envelopes."""
    nina: Agent
    noah: Agent
    ours: OutboundMessage
    """Mara's reply, which Dana has got."""
    inside: Envelope
    """Nina is its expert."""
    vendor: Envelope
    """Help of Vera, looked after by Noah."""

    def now(self, envelope: Envelope) -> Envelope:
        return Envelope.objects.get(pk=envelope.pk)

    def comes(self, sender: str, **more: str) -> MailMessage:
        return arrive(a_mail(sender=sender, **more), self.mailbox)  # type: ignore[arg-type]

    def writes_to_vendor(self, text: str = "Which firmware is it?", subject: str = "Switch 7") -> OutboundMessage:
        """The owner does; it is held."""
        return services.write_to_vendor(self.vendor.pk, by=self.owner, body_text=text, subject=subject)

    def to_vendor(self, text: str = "Which firmware is it?", subject: str = "Switch 7") -> OutboundMessage:
        """Written by the owner and released, so that an answer can come."""
        message = self.writes_to_vendor(text, subject)
        release_message(message.pk, now=message.release_at)
        message.refresh_from_db()
        return message

    def as_sent(self, message: OutboundMessage) -> UnfoldedMail:
        rows = OutboundMessage.objects.select_related("ticket__team", "author", "on_behalf_of", "entry")
        return compose(rows.get(pk=message.pk), self.mailbox)

    def browser(self, agent: Agent) -> Client:
        browser = Client()
        browser.force_login(agent.user, backend="accounts.auth.AgentBackend")
        return browser

    def public_words(self) -> str:
        """All that any customer's view is made of."""
        return "\n".join(f"{entry.subject} {entry.body_text}" for entry in TimelineEntry.objects.public())


def a_desk() -> Desk:
    mailbox = MailboxFactory(takes_plus_addresses=True)
    incoming = arrive(a_mail(sender=f"Dana Roth <{DANA}>", message_id="first@customer.test"), mailbox)
    owner = AgentFactory(name="Mara Weiss", email=MARA, teams=[mailbox.team])
    accept_ticket(incoming.ticket_id, by=owner)
    ticket = Ticket.objects.get()
    network = TeamFactory(name="Network")
    nina = AgentFactory(name="Nina Kern", email=NINA, teams=[network])
    noah = AgentFactory(name="Noah Beck", email=NOAH, teams=[network])
    inside = EnvelopeFactory(ticket=ticket, team=network, expert=nina, is_blocking=False)
    help_of_vendor = {"kind": "external_vendor", "vendor_addresses": [VERA]}
    vendor = EnvelopeFactory(ticket=ticket, team=network, expert=noah, is_blocking=False, **help_of_vendor)
    mate = AgentFactory(name="Mate", teams=[mailbox.team])
    return Desk(mailbox, ticket, owner, mate, nina, noah, answered(ticket, owner), inside, vendor)


def told(agent: Agent) -> list[str]:
    """What the agent was told of envelopes since they were last asked."""
    deliver_all()
    rows = Notification.objects.unread().filter(recipient=agent, event_type__startswith="envelope")
    rows = rows.select_related("recipient", "ticket").order_by("created_at", "id")
    found = [describe(row) for row in rows]
    rows.update(read_at=timezone.now())
    return found


def address_of(envelope: Envelope) -> str:
    return f"support+{token_of(envelope.pk)}@desk.test"


def words_in(envelope: Envelope) -> list[str]:
    """What people wrote in it, in order."""
    return [entry.body_text.strip() for entry in entries_of(envelope).exclude(kind="system").order_by("seq")]
