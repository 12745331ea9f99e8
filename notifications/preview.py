"""What would reach a person now, and when: answered by the same function that decides it (`planning.plan`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Agent
from core.models import new_id
from notifications.defaults import USUAL, choice_for, ways
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, EventType, Timing, Urgency
from notifications.knowledge import person_of, wishes_of
from notifications.models import Delivery
from notifications.planning import News, plan
from notifications.services.gathering import reach_of


@dataclass(frozen=True)
class Arrival:
    channel: DeliveryChannel
    at: datetime
    because: str
    is_now: bool

    @property
    def reason(self) -> str:
        return str(Because(self.because).label) if self.because else ""


@dataclass(frozen=True)
class Preview:
    """One kind of event, were it to happen now on a ticket of which nothing was told; `arrivals` empty: in the app."""

    event_type: EventType
    urgency: Urgency
    timing: Timing
    is_own_choice: bool
    arrivals: Sequence[Arrival]


def preview_of(agent: Agent, *, now: datetime) -> list[Preview]:
    """Each event with its usual urgency, and alerts as a breach too. A constant number of statements."""
    cases = [*((event, usual.urgency) for event, usual in USUAL.items()), (EventType.ALERT, Urgency.BREACH)]
    wishes, person, reaches = wishes_of(agent), person_of(agent, now=now), reach_of(agent)
    found = []
    for event, urgency in sorted(cases, key=lambda case: list(EventType).index(case[0])):
        choice = choice_for(event, urgency, wishes.choice(event))
        news = News(
            id=new_id(), ticket=None, urgency=urgency, timing=choice.timing, told_at=now, quiet=wishes.quiet(event)
        )
        arrivals = []
        for channel in ways(choice, reaches):
            planned = plan(news, person, channel=channel, now=now)
            is_now = planned.status == DeliveryStatus.QUEUED
            arrivals.append(Arrival(channel, planned.at, planned.because, is_now))
        found.append(Preview(event, urgency, choice.timing, wishes.choice(event) is not None, arrivals))
    return found


def waiting_for(agent: Agent) -> list[Delivery]:
    """What is on its way to the person, soonest first, with how many notifications are in each."""
    return list(Delivery.objects.waiting().filter(recipient=agent).counted().order_by("next_attempt_at")[:50])
