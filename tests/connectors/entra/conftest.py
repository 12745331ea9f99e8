from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.entra import flow, keys
from connectors.entra.models import MicrosoftAccount
from connectors.entra.services import save_account
from core.actors import DESK
from tests.factories import AgentFactory
from tests.fakes.entra import CLIENT, SECRET, TENANT, Entra, Person, entra
from tests.fakes.serving import ca_file


@pytest.fixture(scope="module")
def server() -> Iterator[Entra]:
    with entra() as made:
        yield made


@pytest.fixture
def fake(server: Entra, settings: Settings) -> Entra:
    """As new for each test; the address stays."""
    fresh = Entra(port=server.port, wrong=server.wrong)
    vars(server).update(vars(fresh))
    server.person = Person(str(uuid4()))
    settings.MSGRAPH_AUTHORITY, settings.MSGRAPH_CA_FILE = server.authority, ca_file()
    flow._applications.clear()
    keys.forget()
    return server


@pytest.fixture
def tenant(db: None) -> Connection:
    """A connection to it, of which nothing is asked."""
    values = {"tenant_id": TENANT, "client_id": CLIENT}
    admin = AgentFactory(roles=[Role.ADMIN])
    return add_connection("entra", by=admin, name="Acme", settings=values, secrets={"client_secret": SECRET})


@pytest.fixture
def connection(fake: Entra, tenant: Connection) -> Connection:
    return tenant


@pytest.fixture
def come(connection: Connection, fake: Entra) -> Callable[..., Any]:
    """Go to Microsoft and come back, in this browser; the answer is what the desk says then."""

    def go(browser: Client, **form: str) -> Any:
        page = browser.post(f"/login/microsoft/{connection.pk}/", form)
        if page.status_code != 200:
            return page
        return browser.get(f"/login/microsoft/?{fake.back_from(page.context['address'])}")

    return go


def linked(connection: Connection, agent: Agent, object_id: str = "") -> MicrosoftAccount:
    return save_account(MicrosoftAccount(connection=connection, agent=agent, object_id=object_id), by=DESK)


@pytest.fixture
def ann(connection: Connection, fake: Entra) -> Agent:
    """Whom Microsoft knows by the object id that an admin has entered."""
    agent: Agent = AgentFactory(user__email="ann@desk.test", email="ann@desk.test")
    linked(connection, agent, fake.person.object_id)
    return agent
