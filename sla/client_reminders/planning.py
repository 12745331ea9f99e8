"""When a customer is asked again. Plain Python: no database, no clock of its own; moments are UTC."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from core.worktime import WorkCalendar
from sla.explain import Reckoning, Stop

MOST = 3
"""Reminders while a ticket waits (domain.md section 10: endless ones annoy)."""


def next_moment(calendar: WorkCalendar, anchor_at: datetime, minutes: int, stops: Sequence[Stop] = ()) -> datetime:
    """So many business minutes after `anchor_at`; what somebody has approved as a pause is no time to ask in."""
    return Reckoning(calendar, anchor_at, timedelta(minutes=minutes), stops).due_at


def moments(
    calendar: WorkCalendar, anchor_at: datetime, minutes: int, *, sent: int, stops: Sequence[Stop] = ()
) -> Iterator[datetime]:
    """Of all that are to come, if the customer goes on saying nothing."""
    for _number in range(sent, MOST):
        anchor_at = next_moment(calendar, anchor_at, minutes, stops)
        yield anchor_at
