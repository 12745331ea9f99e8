from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from accounts.enums import Role
from accounts.models import Agent
from connectors.base.models import Connection
from connectors.base.services import add_connection
from connectors.teams.services.queueing import OF_TEAM
from tests.factories import AgentFactory
from tests.fakes.serving import ca_file
from tests.fakes.teams import Workflows, workflows

Connecting = Callable[..., Connection]


@pytest.fixture(scope="module")
def serving() -> Iterator[Workflows]:
    with workflows() as made:
        yield made


@pytest.fixture
def fake(serving: Workflows, settings: Settings) -> Iterator[Workflows]:
    settings.TEAMS_WEBHOOK_HOSTS, settings.TEAMS_CA_FILE = [serving.host], ca_file()
    serving.posted, serving.calls, serving.faults, serving.names, serving.moments = {}, [], [], set(), []
    yield serving
    serving.check()


@pytest.fixture
def admin(db: None) -> Agent:
    made: Agent = AgentFactory(name="Ada", roles=[Role.ADMIN])
    return made


@pytest.fixture
def connecting(fake: Workflows, admin: Agent) -> Connecting:
    """A connection that posts for a group by a workflow of its own; a team is given as itself."""

    def connect(group: object, *, workflow: str = "flow", address: str = "") -> Connection:
        posts_for = group if isinstance(group, str) else OF_TEAM % group.pk  # type: ignore[attr-defined]
        return add_connection(
            "teams",
            by=admin,
            name=f"Teams {workflow}",
            settings={"posts_for": posts_for},
            secrets={"webhook": address or fake.address(workflow)},
        )

    return connect
