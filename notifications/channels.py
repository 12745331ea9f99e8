"""Channels of a whole group, such as #support-escalations in a chat system (domain.md section 14). The app that speaks
to one takes the place of the plain channels by `use_channels()`; until then nobody listens there, and people are told
in the app alone.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Channel(StrEnum):
    ESCALATIONS = "support-escalations"
    SLA_BREACHES = "support-sla-breaches"
    CRITICAL = "support-critical"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """All that a group may learn of a ticket, since its readers are not known one by one: no subject, no names."""

    key: str
    """The same for the same notice: it may be handed over twice, and is to be shown once."""
    event_type: str
    ticket_id: UUID
    reference: str
    priority: str
    status: str


class Channels(Protocol):
    def announce(self, channel: Channel, notice: Notice) -> None:
        """Called by receivers within their transaction, at least once: writes down what is due, hands nothing over."""


class NoChannels:
    def announce(self, channel: Channel, notice: Notice) -> None:
        """Nobody listens."""


_channels: Channels = NoChannels()


def use_channels(channels: Channels) -> Channels:
    """Called once, in `ready()`, by the app that speaks to a chat system; answers what served before."""
    global _channels  # set once, when the apps are ready
    before, _channels = _channels, channels
    return before


def announce(channel: Channel, notice: Notice) -> None:
    _channels.announce(channel, notice)
