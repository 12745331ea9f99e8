from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from accounts.enums import Role
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.microsoft365 import identity
from tests.factories import AgentFactory
from tests.fakes.microsoft import CLIENT, SECRET, TENANT, Mailbox, MicrosoftFake, microsoft
from tests.fakes.serving import ca_file

SUPPORT, FOREIGN = "support@desk.example", "board@desk.example"


@pytest.fixture
def fake(settings: Settings) -> Iterator[MicrosoftFake]:
    with microsoft() as made:
        settings.MSGRAPH_BASE_URL, settings.MSGRAPH_AUTHORITY = made.base, made.login
        settings.MSGRAPH_CA_FILE = ca_file()
        made.mailboxes = {SUPPORT: Mailbox(), FOREIGN: Mailbox(is_closed=True)}
        yield made
        identity._held.clear()


@pytest.fixture
def connection(db: None, fake: MicrosoftFake) -> Connection:
    values = {"tenant_id": TENANT, "client_id": CLIENT, "mailbox": SUPPORT, "foreign_mailbox": FOREIGN}
    admin = AgentFactory(roles=[Role.ADMIN])
    return add_connection(
        "microsoft365", by=admin, name="Microsoft", settings=values, secrets={"client_secret": SECRET}
    )
