"""Who gets what next for a ticket, and when, if nobody does anything: by the same planner, people and channels by which
it will happen. Source: issue "Time", domain.md sections 10 and 13.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from notifications.enums import EventType, Urgency
from notifications.preview import Arrival, Habits, habits_of
from sla.alerts.enums import OVER, AlertCondition
from sla.alerts.models import AlertWatch
from sla.alerts.people import Around
from sla.alerts.planning import moments
from sla.alerts.promises import urgency_of
from sla.alerts.selectors import Standing, people_around, standing_of
from sla.client_reminders.selectors import asking_on
from sla.enums import ClockState
from sla.reminders.enums import ReminderKind
from sla.reminders.outlook import Coming, coming_on
from sla.reminders.reasons import OF_PROMISES, told_as
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
class Reminding:
    """The desk reminds the owner, and the deputy of an absent one."""

    kind: ReminderKind
    at: datetime
    people: Sequence[Told]
    """Without whom an alert tells the same in the same run."""


@dataclass(frozen=True)
class Forecast:
    outlooks: Sequence[Outlook]
    remindings: Sequence[Reminding]
    """The first first."""
    customer_asked_at: Sequence[datetime]
    """When the customer is asked again, if it is their turn."""


def forecast_of(ticket: Ticket, *, now: datetime) -> Forecast:
    """A fixed number of queries, and some for each person who would be told."""
    standing = standing_of([ticket.pk])[ticket.pk]
    watches = {watch.condition: watch for watch in AlertWatch.objects.of_tickets([ticket.pk])}
    foresight = _Foresight(standing, people_around([standing.ticket], at=now)[ticket.pk], now)
    outlooks = {condition: foresight.outlook(condition, watches.get(condition)) for condition in AlertCondition}
    promised = outlooks[AlertCondition.NOT_COMPLETED].steps
    remindings = [foresight.reminding(coming, promised) for coming in coming_on(standing.ticket, now=now)]
    asking = asking_on(standing.ticket)
    asked_at = [max(at, now) for at in asking.moments()] if asking else []
    return Forecast(list(outlooks.values()), remindings, asked_at)


class _Foresight:
    """Of one ticket. How a person is told of things is read once."""

    def __init__(self, standing: Standing, around: Around, now: datetime) -> None:
        self._standing, self._around, self._now = standing, around, now
        self._habits: dict[UUID, Habits] = {}

    def outlook(self, condition: AlertCondition, watch: AlertWatch | None) -> Outlook:
        steps = []
        for level, at in _next(self._standing, watch, self._now):
            people = self._around.people(self._standing.rule(condition, level).recipients)
            steps.append(Step(level, at, self._told(people, EventType.ALERT, urgency_of(level), at)))
        return Outlook(condition, None if steps else _silence(self._standing, condition), steps)

    def reminding(self, coming: Coming, promised: Sequence[Step]) -> Reminding:
        """`promised`: alerts of the promise. Those of the same run are raised before, and tell instead of it."""
        owner = self._around.owner
        deputy = self._around.deputies.get(owner.pk) if owner is not None else None
        event, urgency = told_as(coming.kind)
        alerted = _alerted(coming, promised, urgency)
        people = [
            agent
            for agent in (owner, deputy)
            if agent is not None and not (agent.pk in alerted and self._hears_as_well(agent, event, urgency))
        ]
        return Reminding(coming.kind, coming.at, self._told(people, event, urgency, coming.at))

    def _told(self, people: Sequence[Agent], event: EventType, urgency: Urgency, at: datetime) -> list[Told]:
        return [Told(agent, self._habits_of(agent).arrivals(event, urgency, at=at)) for agent in people]

    def _hears_as_well(self, agent: Agent, event: EventType, urgency: Urgency) -> bool:
        """By an alert as by the event."""
        return self._habits_of(agent).wishes.tell_as_well(EventType.ALERT, than=event, urgency=urgency)

    def _habits_of(self, agent: Agent) -> Habits:
        if agent.pk not in self._habits:
            self._habits[agent.pk] = habits_of(agent, now=self._now)
        return self._habits[agent.pk]


def _alerted(coming: Coming, promised: Sequence[Step], urgency: Urgency) -> set[UUID]:
    """Whom an alert of the same promise tells in the same run, no less urgently."""
    together = [step for step in promised if _run_of(step.at) == _run_of(coming.at)]
    is_of_promise = coming.kind in OF_PROMISES and not coming.is_again
    if not together or not is_of_promise or urgency_of(together[-1].level).rank < urgency.rank:
        return set()
    return {told.agent.pk for told in together[-1].people}  # of levels that come together the highest tells


def _run_of(moment: datetime) -> int:
    """Number of the minute whose run of the timers is the first to see it."""
    return ceil(moment.timestamp() / 60)


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
