from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class MeetingEvent(DomainEvent):
    meeting_id: UUID
    ticket_id: UUID
    envelope_id: UUID | None
    """Of whose thread it is; None: of the ticket's own."""
    by_id: UUID | None
    """The agent; None where the calendar tells."""


@dataclass(frozen=True, kw_only=True)
class MeetingArranged(MeetingEvent):
    """Somebody wants a meeting; it goes to the calendar from now on."""


@dataclass(frozen=True, kw_only=True)
class MeetingChanged(MeetingEvent):
    """Its time, title or people are others."""


@dataclass(frozen=True, kw_only=True)
class MeetingFailed(MeetingEvent):
    """The calendar does not take what was wanted; a person has to decide."""


@dataclass(frozen=True, kw_only=True)
class MeetingCancelled(MeetingEvent):
    """It does not take place."""
