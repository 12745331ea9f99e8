"""The table of the page on which one chooses how to be told."""

from dataclasses import dataclass

from accounts.models import Agent
from notifications.defaults import USUAL, choice_for
from notifications.enums import DeliveryChannel, EventType
from notifications.knowledge import wishes_of
from notifications.planning import QuietTimes


@dataclass(frozen=True)
class EventRow:
    event: EventType
    channels: str
    """In words; empty: in the app alone."""
    timing: str
    quiet: QuietTimes | None
    """Of this event alone."""
    is_own: bool


def overview(agent: Agent) -> list[EventRow]:
    """All events in the order of their list. Two statements."""
    wishes, rows = wishes_of(agent), []
    for event in EventType:
        own = wishes.preferences.get(event)
        choice = choice_for(event, USUAL[event].urgency, wishes.choice(event))
        names = ", ".join(str(channel.label) for channel in choice.channels if channel != DeliveryChannel.IN_APP)
        timing = str(choice.timing.label) if choice.channels else ""
        rows.append(EventRow(event, names, timing, own.quiet if own else None, own is not None))
    return rows
