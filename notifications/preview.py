"""What would reach a person now, and when: answered by the same function that decides it (`planning.plan`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Agent
from core.models import new_id
from notifications.defaults import USUAL, Choice, choice_for, ways
from notifications.enums import Because, DeliveryChannel, DeliveryStatus, EventType, Timing, Urgency
from notifications.knowledge import Wishes, person_of, wishes_of
from notifications.models import Delivery
from notifications.planning import News, Person, plan
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


@dataclass(frozen=True)
class Habits:
    """How one person is told of things, read once for many questions."""

    wishes: Wishes
    person: Person
    reaches: Callable[[DeliveryChannel], bool]

    def choice(self, event: EventType, urgency: Urgency) -> Choice:
        return choice_for(event, urgency, self.wishes.choice(event))

    def arrivals(self, event: EventType, urgency: Urgency, *, at: datetime) -> list[Arrival]:
        """What would reach them beside the app if it happened at `at`, on a ticket of which nothing was told."""
        choice = self.choice(event, urgency)
        quiet = self.wishes.quiet(event)
        news = News(id=new_id(), ticket=None, urgency=urgency, timing=choice.timing, told_at=at, quiet=quiet)
        planned = [
            (channel, plan(news, self.person, channel=channel, now=at)) for channel in ways(choice, self.reaches)
        ]
        return [
            Arrival(channel, each.at, each.because, each.status == DeliveryStatus.QUEUED) for channel, each in planned
        ]


def habits_of(agent: Agent, *, now: datetime) -> Habits:
    return Habits(wishes_of(agent), person_of(agent, now=now), reach_of(agent))


def preview_of(agent: Agent, *, now: datetime) -> list[Preview]:
    """Each event with its usual urgency, and alerts as a breach too. A constant number of statements."""
    cases = [*((event, usual.urgency) for event, usual in USUAL.items()), (EventType.ALERT, Urgency.BREACH)]
    habits = habits_of(agent, now=now)
    return [
        Preview(
            event,
            urgency,
            habits.choice(event, urgency).timing,
            habits.wishes.choice(event) is not None,
            habits.arrivals(event, urgency, at=now),
        )
        for event, urgency in sorted(cases, key=lambda case: list(EventType).index(case[0]))
    ]


def waiting_for(agent: Agent) -> list[Delivery]:
    """What is on its way to the person, soonest first, with how many notifications are in each."""
    return list(Delivery.objects.waiting().filter(recipient=agent).counted().order_by("next_attempt_at")[:50])
