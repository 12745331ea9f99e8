from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from accounts.enums import Role
from connectors.base import kinds
from connectors.base.answers import Plain
from connectors.base.client import Client
from connectors.base.failures import CredentialsRefused
from connectors.base.models import Connection
from connectors.base.services import Health, add_connection
from tests.connectors.base.kind import SAMPLE
from tests.factories import AgentFactory
from tests.fakes.serving import Call, Reply, ca_file, serving


@dataclass
class Vendor:
    """A system that answers what the test lays down, in turn; then 200."""

    port: int = 0
    replies: list[Reply] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    slow: Callable[[], None] = lambda: None

    def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        self.slow()
        return self.replies.pop(0) if self.replies else Reply(200, b"{}")


@dataclass
class Key:
    """A signer whose keys are numbered."""

    number: int = 1

    def headers(self) -> dict[str, str]:
        if not self.number:
            raise CredentialsRefused(None, is_final=True)  # type: ignore[arg-type]
        return {"Authorization": f"Bearer key-{self.number}"}

    def drop(self) -> None:
        self.number += 1


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    with serving(made.answer) as made.port:
        yield made


@pytest.fixture
def sample_kind() -> Iterator[None]:
    kinds.register(SAMPLE)
    yield
    del kinds._kinds[SAMPLE.name]


@pytest.fixture
def connection(sample_kind: None, db: None) -> Connection:
    admin = AgentFactory(roles=[Role.ADMIN])
    return add_connection("sample", by=admin, name="Sample", settings={"account": "acme"}, secrets={"password": "pw"})


@pytest.fixture
def rests() -> list[float]:
    """Seconds that the client has waited; it does not really."""
    return []


@pytest.fixture
def client(vendor: Vendor, connection: Connection, rests: list[float]) -> Client:
    return make_client(vendor, connection, rests)


def make_client(vendor: Vendor, connection: Connection, rests: list[float], *, account: str = "sample:acme") -> Client:
    return Client(
        base=f"https://localhost:{vendor.port}/api",
        account=account,
        signer=Key(),
        reader=Plain(),
        watcher=Health(connection.pk),
        places={"box": 2},
        ca_file=ca_file(),
        connection_id=connection.pk,
        rest=rests.append,
    )
