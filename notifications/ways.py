"""Channels by which one person is reached (domain.md section 14). The app that speaks to one adds it in `ready()` by
`use_way()`; what nobody has added reaches nobody, and messages go on by the next rung of the ladder.

Channels of a whole group stand in `channels.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from accounts.models import Agent
from notifications.enums import DeliveryChannel


@dataclass(frozen=True, kw_only=True)
class Line:
    """One notification of a letter, in the reader's language; nothing they may not see when it is written."""

    notification_id: UUID
    event_type: str
    kind: str
    """What has happened, without a name or a word of the ticket: for channels that others may read along."""
    text: str
    """One sentence with names and the ticket's subject."""
    reference: str
    """Empty where there is no ticket, or none in sight."""
    url: str
    """Absolute."""
    told_at: datetime


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is handed over: one message to one person."""

    key: str
    """The same whenever this letter is handed over: a worker may die before it can note that it was."""
    recipient: Agent
    language: str
    urgency: str
    timing: str
    title: str
    """As `Line.kind` fit for others to read: "INC-2025-000123: Overdue", or how many there are."""
    lines: tuple[Line, ...]
    """Never empty; by ticket, and within it in the order in which they happened."""
    url: str
    """Where all of it stands. Absolute."""


class NotDelivered(Exception):
    """The outside did not take a letter; the text is for people and names no secret."""

    def __init__(
        self, reason: str, *, is_final: bool = False, is_unclear: bool = False, retry_after: timedelta | None = None
    ) -> None:
        """`is_final`: trying this channel again cannot help; `is_unclear`: the other side may have it all the same;
        `retry_after`: the other side asks for so long a pause.
        """
        super().__init__(reason)
        self.is_final, self.is_unclear, self.retry_after = is_final, is_unclear, retry_after


class Way(Protocol):
    channel: DeliveryChannel
    is_repeatable: bool
    """Whether a letter that is handed over twice by one key arrives once. Else one of which nobody can tell whether it
    arrived is not handed over again by itself, but fails for all to see.
    """

    def reaches(self, agent: Agent) -> bool:
        """Whether it is set up, here and for this person. Asks the database at most."""

    def deliver(self, letter: Letter) -> None:
        """Hand over within 10 s, or raise NotDelivered. Called outside of any transaction."""


_ways: dict[DeliveryChannel, Way] = {}


def use_way(way: Way) -> Way | None:
    """Called once, in `ready()`, by the app that speaks to the channel; answers what served before."""
    before = _ways.get(way.channel)
    _ways[way.channel] = way
    return before


def drop_way(channel: DeliveryChannel) -> None:
    """For whoever has put another one in its place for a while."""
    _ways.pop(channel, None)


def way_of(channel: str) -> Way | None:
    return _ways.get(DeliveryChannel(channel))


def installed() -> tuple[DeliveryChannel, ...]:
    """Channels that some app speaks to, in the order of the enum."""
    return tuple(channel for channel in DeliveryChannel if channel in _ways)


def reaches(channel: DeliveryChannel, agent: Agent) -> bool:
    way = _ways.get(channel)
    return way is not None and way.reaches(agent)
