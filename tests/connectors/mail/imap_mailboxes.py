"""Mailboxes on the IMAP server of the tests, and what came of a look at them."""

from datetime import timedelta

from django.utils import timezone

from connectors.mail.backends import ImapSettings
from connectors.mail.models import Mailbox
from connectors.mail.services import poll_mailboxes
from tests.factories.mail import MailboxFactory
from tests.imap_server import SECRET, DovecotServer
from tickets.models import Ticket


def imap_mailbox(server: DovecotServer, *, address: str = "support@desk.test", **settings: object) -> Mailbox:
    """Over the plain port, which loopback may use; `settings` on top."""
    reached = {"host": server.host, "port": server.port, "tls": "none", "user": "support", "secret": SECRET}
    kept = ImapSettings.of(reached | settings).as_json()
    mailbox: Mailbox = MailboxFactory(address=address, backend="imap", settings=kept)
    return mailbox


def poll() -> int:
    """After every pause is over."""
    return poll_mailboxes(now=timezone.now() + timedelta(days=1))


def subjects() -> list[str]:
    return list(Ticket.objects.order_by("reference").values_list("subject", flat=True))


def error_of(address: str = "support@desk.test") -> str:
    return Mailbox.objects.get(address=address).last_error
