"""Who gets what next for a ticket, and when, if nobody does anything: by the same planner, people and channels by which
it will happen. Source: issue "Time", domain.md section 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from notifications.enums import EventType
from notifications.preview import Arrival, Habits, habits_of
from sla.alerts.enums import OVER, AlertCondition
from sla.alerts.models import AlertWatch
from sla.alerts.planning import moments
from sla.alerts.promises import urgency_of
from sla.alerts.selectors import Standing, people_around, standing_of
from sla.client_reminders.selectors import asking_on
from sla.enums import ClockState
from tickets.enums import TicketStatus
from tickets.models import Ticket


class Silence(models.TextChoices):
    """Why nobody is told next of a condition."""

    OVER = "over", _("Nobody waits for anything: the ticket is over.")
    ACCEPTED = "accepted", _("Somebody owns it.")
    UNOWNED = "unowned", _("It begins once somebody owns the ticket.")
    WAITING = "waiting_customer", _("It is up to the customer to answer.")
    PAUSED = "paused", _("The promise stands still.")
    UNPROMISED = "unpromised", _("No resolution is promised.")
    ALL_TOLD = "all_told", _("All levels have been told.")
    SWITCHED_OFF = "switched_off", _("The alert matrix has no active level for it.")


@dataclass(frozen=True)
class Told:
    agent: Agent
    arrivals: Sequence[Arrival]
    """Beside the app, where it stands in any case."""


@dataclass(frozen=True)
class Step:
    level: int
    at: datetime
    """What is due already comes with the next run."""
    people: Sequence[Told]


@dataclass(frozen=True)
class Outlook:
    """Of one condition."""

    condition: AlertCondition
    silence: Silence | None
    steps: Sequence[Step]
    """Empty where there is a silence."""


@dataclass(frozen=True)
class Forecast:
    outlooks: Sequence[Outlook]
    customer_asked_at: Sequence[datetime]
    """When the customer is asked again, if it is their turn."""


def forecast_of(ticket: Ticket, *, now: datetime) -> Forecast:
    """A fixed number of queries, and some for each person who would be told."""
    standing = standing_of([ticket.pk])[ticket.pk]
    around = people_around([standing.ticket], at=now)[ticket.pk]
    watches = {watch.condition: watch for watch in AlertWatch.objects.of_tickets([ticket.pk])}
    known: dict[object, Habits] = {}

    def told(agent: Agent, level: int, at: datetime) -> Told:
        if agent.pk not in known:
            known[agent.pk] = habits_of(agent, now=now)
        return Told(agent, known[agent.pk].arrivals(EventType.ALERT, urgency_of(level), at=at))

    outlooks = []
    for condition in AlertCondition:
        steps = [
            Step(
                level,
                at,
                [told(agent, level, at) for agent in around.people(standing.rule(condition, level).recipients)],
            )
            for level, at in _next(standing, watches.get(condition), now)
        ]
        silence = None if steps else _silence(standing, condition)
        outlooks.append(Outlook(condition, silence, steps))
    asking = asking_on(standing.ticket)
    return Forecast(outlooks, [max(at, now) for at in asking.moments()] if asking else [])


def _next(standing: Standing, watch: AlertWatch | None, now: datetime) -> list[tuple[int, datetime]]:
    anchor = standing.anchor_of(watch) if watch is not None else None
    if watch is None or anchor is None:
        return []
    coming = moments(anchor, standing.thresholds(watch.condition), since=watch.next_level)
    return [(level, max(at, now)) for level, at in coming]


def _silence(standing: Standing, condition: AlertCondition) -> Silence:
    ticket, clock = standing.ticket, standing.clock
    is_paused = clock is not None and clock.state == ClockState.PAUSED
    if ticket.status in OVER:
        return Silence.OVER
    if condition == AlertCondition.NOT_ASSIGNED and ticket.owner_id is not None:
        return Silence.ACCEPTED
    if condition == AlertCondition.NOT_UPDATED and ticket.owner_id is None:
        return Silence.UNOWNED
    if condition == AlertCondition.NOT_COMPLETED and clock is None:
        return Silence.UNPROMISED
    if condition != AlertCondition.NOT_ASSIGNED and ticket.status == TicketStatus.WAITING_CUSTOMER:
        return Silence.WAITING
    if condition != AlertCondition.NOT_ASSIGNED and is_paused:
        return Silence.PAUSED
    return Silence.ALL_TOLD if standing.thresholds(condition) else Silence.SWITCHED_OFF
