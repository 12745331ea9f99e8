"""How people are told who have said nothing about it, and where a message goes that its channel does not take.

Source: domain.md section 14. What its table leaves open goes by the floor of its urgency, at once; what only informs
is gathered, so that nobody's mailbox fills with what they read in the app anyway.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from notifications.enums import DeliveryChannel, EventType, Timing, Urgency

EMAIL, PUSH, TEAMS, SLACK = (
    DeliveryChannel.EMAIL,
    DeliveryChannel.PUSH,
    DeliveryChannel.TEAMS,
    DeliveryChannel.SLACK,
)
FLOOR = {Urgency.NORMAL: (EMAIL,), Urgency.URGENT: (TEAMS,), Urgency.BREACH: (TEAMS, PUSH)}
LADDER = (TEAMS, PUSH, EMAIL)
"""Below the last one is the app, where everything stands already."""


@dataclass(frozen=True)
class Usual:
    """What applies to an event of up to this urgency; one beyond it goes by the floor of its urgency, at once."""

    channels: tuple[DeliveryChannel, ...]
    timing: Timing = Timing.IMMEDIATE
    urgency: Urgency = Urgency.NORMAL


_IN_APP = Usual(())
_AT_ONCE = Usual((EMAIL,))
_HOURLY = Usual((EMAIL,), Timing.HOURLY_DIGEST)
_URGENT = Usual((TEAMS,), urgency=Urgency.URGENT)

USUAL: dict[EventType, Usual] = {
    EventType.TICKET_ASSIGNED: Usual((TEAMS,)),
    EventType.OFFER_ENDED: _IN_APP,
    EventType.OWNERSHIP_RECEIVED: _AT_ONCE,
    EventType.CUSTOMER_REPLY: _IN_APP,
    EventType.TICKET_REOPENED: _AT_ONCE,
    EventType.TICKET_CLOSED: _IN_APP,
    EventType.TICKET_RESOLVED_BY_OTHER: Usual((EMAIL,), Timing.DAILY_DIGEST),
    EventType.SLA_WARNING: _URGENT,
    EventType.SLA_BREACH: Usual((TEAMS, PUSH), urgency=Urgency.BREACH),
    EventType.ALERT: _URGENT,
    EventType.REMINDER: _AT_ONCE,
    EventType.NOTE_ADDED: _HOURLY,
    EventType.MENTIONED: _AT_ONCE,
    EventType.FLAG_ADDED: _HOURLY,
    EventType.TASK_ASSIGNED: _AT_ONCE,
    EventType.APPROVAL_REQUESTED: _URGENT,
    EventType.APPROVAL_OVERDUE: _URGENT,
    EventType.APPROVAL_DECIDED: _HOURLY,
    EventType.LEGAL_TEAM_MISSING: _URGENT,
    EventType.ENVELOPE_REQUESTED: _URGENT,
    EventType.ENVELOPE_UPDATED: _HOURLY,
    EventType.ENVELOPE_MESSAGE: _HOURLY,
    EventType.ESCALATION_TIMEOUT: _URGENT,
    EventType.SEND_FAILED: _URGENT,
    EventType.REPLY_DROPPED: _AT_ONCE,
    EventType.COVER_STARTED: _AT_ONCE,
    EventType.COVER_ENDED: _AT_ONCE,
    EventType.DEPUTY_ABSENT: _URGENT,
    EventType.LONG_ABSENCE: _URGENT,
    EventType.BULK_ENDED: _IN_APP,
    EventType.MAIL_BRAKE: _URGENT,
    EventType.MEETING_FAILED: _URGENT,
    EventType.CONNECTION_REFUSED: _URGENT,
    EventType.CONNECTION_LACKING: _URGENT,
    EventType.CREDENTIAL_ENDS: _AT_ONCE,
    EventType.PROPOSAL_MADE: _AT_ONCE,
    EventType.PROPOSAL_DECIDED: _AT_ONCE,
    EventType.ROLE_SELF_GRANTED: _URGENT,
}


@dataclass(frozen=True)
class Choice:
    """By which channels beside the app, and when."""

    channels: tuple[DeliveryChannel, ...]
    timing: Timing


def is_always_breach(event_type: str) -> bool:
    """Whether what is chosen of an event beside its channels would have no effect."""
    return USUAL[EventType(event_type)].urgency == Urgency.BREACH


def choice_for(event_type: str, urgency: str, own: Choice | None = None) -> Choice:
    """What a person has chosen for the event, else what is usual. A breach comes at once and by its floor at least."""
    wanted, usual = Urgency(urgency), USUAL[EventType(event_type)]
    if wanted == Urgency.BREACH:
        return Choice(_each_once((*FLOOR[wanted], *(own.channels if own else ()))), Timing.IMMEDIATE)
    if own is not None:
        return own
    if wanted.rank > usual.urgency.rank:
        return Choice(FLOOR[wanted], Timing.IMMEDIATE)
    return Choice(usual.channels, usual.timing)


def rung_for(channel: DeliveryChannel, reaches: Callable[[DeliveryChannel], bool]) -> DeliveryChannel | None:
    """The channel itself if it reaches the person, else the first below it that does; None: the app alone."""
    return channel if reaches(channel) else rung_below(channel, reaches)


def rung_below(channel: DeliveryChannel, reaches: Callable[[DeliveryChannel], bool]) -> DeliveryChannel | None:
    """The next one that reaches the person; Slack stands beside Teams."""
    below = LADDER[LADDER.index(channel) + 1 :] if channel in LADDER else LADDER[1:]
    return next((rung for rung in below if reaches(rung)), None)


def ways(choice: Choice, reaches: Callable[[DeliveryChannel], bool]) -> tuple[DeliveryChannel, ...]:
    """Where a message goes really, each channel once."""
    found = (rung_for(channel, reaches) for channel in choice.channels if channel != DeliveryChannel.IN_APP)
    return _each_once(channel for channel in found if channel is not None)


def _each_once(channels: Iterable[DeliveryChannel]) -> tuple[DeliveryChannel, ...]:
    return tuple(dict.fromkeys(channels))
