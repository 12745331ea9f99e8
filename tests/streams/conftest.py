from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Agent
from tests.sessions import session_header_of
from tests.streams.listening import Listener


@pytest.fixture
def listen(live_site: str) -> Iterator[Callable[..., Listener]]:
    """Open a stream of the real events process, through the front: `listen(agent, ticket="INC-...")`."""
    opened: list[Listener] = []

    def open_one(agent: Agent | None, *, cookies: str = "", **parameters: Any) -> Listener:
        listener = Listener(live_site, cookies or (session_header_of(agent) if agent else ""), **parameters)
        opened.append(listener)
        return listener

    yield open_one
    for listener in opened:
        listener.close()
