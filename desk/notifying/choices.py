"""The table of the page on which one chooses how to be told."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import Agent
from notifications.defaults import USUAL, choice_for, ways
from notifications.enums import DeliveryChannel, EventType
from notifications.knowledge import wishes_of
from notifications.planning import QuietTimes
from notifications.services.gathering import reach_of


@dataclass(frozen=True)
class EventRow:
    event: EventType
    channels: str
    """In words; empty: in the app alone."""
    by_way_of: str
    """Where it goes instead as long as some of `channels` does not reach the person; empty: it goes as chosen."""
    timing: str
    quiet: QuietTimes | None
    """Of this event alone."""
    is_own: bool


def overview(agent: Agent) -> list[EventRow]:
    """All events in the order of their list. Two statements, and what the channels ask of the person."""
    wishes, knows, rows = wishes_of(agent), reach_of(agent), []
    for event in EventType:
        own = wishes.preferences.get(event)
        choice = choice_for(event, USUAL[event].urgency, wishes.choice(event))
        chosen = tuple(channel for channel in choice.channels if channel != DeliveryChannel.IN_APP)
        really = ways(choice, knows)
        instead = "" if set(really) == set(chosen) else _named(really or (DeliveryChannel.IN_APP,))
        timing = str(choice.timing.label) if chosen else ""
        rows.append(EventRow(event, _named(chosen), instead, timing, own.quiet if own else None, own is not None))
    return rows


def _named(channels: Iterable[DeliveryChannel]) -> str:
    return ", ".join(str(channel.label) for channel in channels)
