"""Mailboxes in the Microsoft 365 of the tests."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.enums import Role
from connectors.base.models import Connection, Gate
from connectors.base.services import add_connection
from connectors.mail.backends import GraphSettings
from connectors.mail.models import Mailbox
from connectors.mail.services import poll_mailboxes
from tests.factories import AgentFactory
from tests.factories.mail import MailboxFactory
from tests.fakes.microsoft import CLIENT, SECRET, TENANT

ADDRESS = "support@desk.test"
WORKER = f"{__name__}:poll_as_worker"
"""As `Killable.call` names it."""


def a_connection(name: str = "Microsoft") -> Connection:
    admin = AgentFactory(roles=[Role.ADMIN])
    values = {"tenant_id": TENANT, "client_id": CLIENT}
    return add_connection("microsoft365", by=admin, name=name, settings=values, secrets={"client_secret": SECRET})


def graph_mailbox(connection: Connection, *, address: str = ADDRESS, **given: object) -> Mailbox:
    kept = GraphSettings.of(given).as_json()
    mailbox: Mailbox = MailboxFactory(address=address, backend="msgraph", settings=kept, connection=connection)
    return mailbox


def poll(*, limit: int = 200) -> int:
    """After every pause is over, ours and those that Graph asks for."""
    Gate.objects.all().delete()
    return poll_mailboxes(now=timezone.now() + timedelta(days=1), limit=limit)


def poll_as_worker(base: str, login: str, ca: str) -> None:
    """`poll` in a process of its own, which is told where the Microsoft of the tests is."""
    settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY, settings.MSGRAPH_CA_FILE = base, login, ca
    poll()
