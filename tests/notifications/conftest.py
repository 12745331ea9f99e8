from collections.abc import Iterator

import pytest
import time_machine

from notifications.enums import DeliveryChannel
from tests.notifications.telling import NOON
from tests.notifications.ways import Pigeons, pigeons


@pytest.fixture
def email() -> Iterator[Pigeons]:
    with pigeons(DeliveryChannel.EMAIL) as birds:
        yield birds


@pytest.fixture
def push() -> Iterator[Pigeons]:
    with pigeons(DeliveryChannel.PUSH) as birds:
        yield birds


@pytest.fixture
def teams() -> Iterator[Pigeons]:
    with pigeons(DeliveryChannel.TEAMS) as birds:
        yield birds


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as moment:
        yield moment
