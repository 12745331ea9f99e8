"""When an envelope is due. The plain clock serves until an app above that keeps clocks takes its place."""

from datetime import datetime, timedelta
from typing import Any, Protocol

from accounts.calendars import work_calendar_of
from core.worktime import WorkCalendar, add_worked
from envelopes.enums import OlaMetric
from envelopes.models import Envelope

TARGETS: dict[OlaMetric, timedelta] = {
    OlaMetric.RESPONSE: timedelta(minutes=240),
    OlaMetric.COMPLETION: timedelta(minutes=1440),
}
"""In business time of the target team."""
TIMEOUT = timedelta(minutes=240)
"""Pending for so long, in business time, an envelope is brought up with the owner and the team's lead."""


class EnvelopeClock(Protocol):
    keeps_dues: bool
    """Whether it sees by itself that what is promised follows the ticket; else it is asked anew at each change of the
    ticket's priority.
    """

    def due_at(self, envelope: Envelope, metric: OlaMetric, *, start: datetime) -> datetime:
        """When `metric` is due, UTC: business time of the target team, never later than the ticket's own
        `resolution_due_at`, unless that had passed before help was asked for.
        """

    def timeout_at(self, envelope: Envelope, *, start: datetime) -> datetime:
        """When nobody's having accepted it is brought up, UTC."""


class PlainClock:
    """Counts in the calendar of who is asked now: the target team's, or that of the person's own team where a person is
    asked alone. A redirect counts anew from the same start; the calendar of the ticket's own team never counts.
    """

    keeps_dues = False

    def due_at(self, envelope: Envelope, metric: OlaMetric, *, start: datetime) -> datetime:
        return within(envelope.ticket.resolution_due_at, self.own_due_at(envelope, metric, start=start), start=start)

    def own_due_at(self, envelope: Envelope, metric: OlaMetric, *, start: datetime) -> datetime:
        """Whenever the ticket itself is due."""
        return add_worked(_calendar(envelope), start, TARGETS[metric])

    def timeout_at(self, envelope: Envelope, *, start: datetime) -> datetime:
        return add_worked(_calendar(envelope), start, TIMEOUT)


def within(limit: datetime | None, due_at: datetime, *, start: datetime) -> datetime:
    """Help ends with what it is for, if that is due after help began."""
    return due_at if limit is None or limit <= start else min(due_at, limit)


def _calendar(envelope: Envelope) -> WorkCalendar:
    """Read once for each target that the envelope has had."""
    agent = envelope.assigned_to
    team = envelope.team or (agent.primary_team if agent else None)
    read: dict[Any, WorkCalendar] = vars(envelope).setdefault("_calendars", {})
    key = team.pk if team else None
    if key not in read:
        read[key] = work_calendar_of(team)
    return read[key]


_clock: EnvelopeClock = PlainClock()


def use_clock(clock: EnvelopeClock) -> None:
    """Called once, in `ready()`, by the app that keeps clocks."""
    global _clock  # noqa: PLW0603  # set once, when the apps are ready
    _clock = clock


def clock() -> EnvelopeClock:
    return _clock
