"""Channels for tests: what was handed over stays here, and is refused as told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from accounts.models import Agent
from notifications.enums import DeliveryChannel
from notifications.ways import Letter, NotDelivered, drop_way, use_way


@dataclass
class Pigeons:
    """Takes letters; `refusals` are raised one by one first."""

    channel: DeliveryChannel
    letters: list[Letter] = field(default_factory=list)
    refusals: list[NotDelivered] = field(default_factory=list)
    is_repeatable: bool = True

    def reaches(self, agent: Agent) -> bool:
        return True

    def deliver(self, letter: Letter) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.letters.append(letter)

    def told(self, agent: Agent) -> list[list[str]]:
        """Kinds of events, letter by letter."""
        return [[line.event_type for line in each.lines] for each in self.letters if each.recipient == agent]


@contextmanager
def pigeons(channel: DeliveryChannel) -> Iterator[Pigeons]:
    """In place of what serves the channel, if anything does."""
    birds = Pigeons(channel)
    before = use_way(birds)
    try:
        yield birds
    finally:
        if before is None:
            drop_way(channel)
        else:
            use_way(before)
