"""From what people were told to what is delivered to them: each notification is put into one delivery a channel.

One person at a time, under a lock of their own: windows hold however many workers there are, and however many tickets
breach at once. A sweep reads only people of whom something is due.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from accounts.models import Agent
from core import steps
from core.sweep import run_each
from notifications.defaults import choice_for, ways
from notifications.enums import DeliveryChannel, DeliveryStatus, Timing, Urgency
from notifications.knowledge import news_of, person_of, wishes_of
from notifications.models import Delivery, DeliveryItem, Notification
from notifications.planning import News, Person, Plan, plan
from notifications.ways import reaches

PLANNED_AT_ONCE = 1000
"""Notifications of one person in one transaction."""
LOCK = 0x0717F7
"""Of PostgreSQL's advisory locks, together with the person; held for the length of one transaction."""

PLANNED = steps.declare("notifications.delivering", "planned")


def plan_due(*, now: datetime | None = None, limit: int = 100) -> int:
    """Decide for up to `limit` people how what is new reaches them; answers how many notifications that were."""
    moment = now or timezone.now()
    waiting = Notification.objects.unplanned().order_by().values("recipient").annotate(first=Min("created_at"))
    people = waiting.order_by("first").values_list("recipient", flat=True)[:limit]
    return run_each(list(people), lambda person_id: _plan_for(person_id, now=moment))


def _plan_for(person_id: UUID, *, now: datetime) -> int:
    with transaction.atomic():
        lock_person(person_id)
        rows = Notification.objects.unplanned().filter(recipient_id=person_id)
        found = list(rows.order_by("created_at", "id")[:PLANNED_AT_ONCE])
        if found:
            agent = Agent.objects.get(pk=person_id)
            gather(agent, found, now=now)
            Notification.objects.filter(pk__in=[row.pk for row in found]).update(planned_at=now)
    if found:
        PLANNED.reached()
    return len(found)


def lock_person(person_id: UUID) -> None:
    """Nobody else plans or lets go anything for this person until the transaction ends. Taken before any row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [str(person_id), LOCK])


def gather(agent: Agent, found: Sequence[Notification], *, now: datetime) -> None:
    """Put each into one delivery for each channel that is wanted and reaches the person; the person is locked."""
    wishes, knows = wishes_of(agent), reach_of(agent)
    by_channel: dict[DeliveryChannel, list[News]] = defaultdict(list)
    for row in found:
        choice = choice_for(row.event_type, row.urgency, wishes.choice(row.event_type))
        for channel in ways(choice, knows):
            by_channel[channel].append(news_of(row, wishes, timing=choice.timing))
    if by_channel:
        person = person_of(agent, now=now, news=(each for news in by_channel.values() for each in news))
        for channel, news in by_channel.items():
            place(agent, channel, plans(news, person, channel=channel, now=now), now=now)


def reach_of(agent: Agent) -> Callable[[DeliveryChannel], bool]:
    """Whether a channel reaches the person, asked once for each."""
    known: dict[DeliveryChannel, bool] = {}

    def answer(channel: DeliveryChannel) -> bool:
        if channel not in known:
            known[channel] = reaches(channel, agent)
        return known[channel]

    return answer


@dataclass(frozen=True)
class Planned:
    news: News
    plan: Plan


def plans(news: Iterable[News], person: Person, *, channel: DeliveryChannel, now: datetime) -> list[Planned]:
    return [Planned(each, plan(each, person, channel=channel, now=now)) for each in news]


def place(agent: Agent, channel: DeliveryChannel, planned: Sequence[Planned], *, now: datetime) -> None:
    """Put news where their plans say: with what goes by that channel at the same moment, or among what is left out.

    News that stand in another delivery of the channel leave it; what is empty then goes.
    """
    together: dict[tuple[DeliveryStatus, str, Timing, datetime], list[News]] = defaultdict(list)
    for each in planned:
        timing = Timing.IMMEDIATE if each.plan.status == DeliveryStatus.SUPPRESSED else each.news.timing
        together[each.plan.status, each.plan.because, timing, each.plan.at].append(each.news)
    for (status, because, timing, at), news in together.items():
        if status == DeliveryStatus.SUPPRESSED:
            row = Delivery(recipient=agent, channel=channel, scheduled_for=now, urgency=highest(news))
            row.end(status, because=because)
            row.save(force_insert=True)
        else:
            row = _gathering(agent, channel, timing, at, status=status, because=because, urgency=highest(news))
        put_into(row, news)


def _gathering(
    agent: Agent,
    channel: DeliveryChannel,
    timing: Timing,
    at: datetime,
    *,
    status: DeliveryStatus,
    because: str,
    urgency: Urgency,
) -> Delivery:
    """The delivery that gathers for this moment; the person is locked, so there is no race for it."""
    rows = Delivery.objects.gathering().filter(recipient=agent, channel=channel, timing=timing, scheduled_for=at)
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        row = Delivery(recipient=agent, channel=channel, timing=timing, urgency=urgency)
        row.wait(until=at, status=status, because=because)
        row.save(force_insert=True)
    elif urgency.rank > Urgency(row.urgency).rank:
        row.urgency = urgency
        row.save(update_fields=["urgency"])
    return row


def put_into(row: Delivery, news: Iterable[News]) -> None:
    """From wherever they stand among what is still gathered for this channel; by each channel each news goes once."""
    ids = [each.id for each in news]
    before = DeliveryItem.objects.filter(notification__in=ids, channel=row.channel)
    emptied = set(before.exclude(delivery=row).values_list("delivery", flat=True))
    known = set(before.values_list("notification", flat=True))
    before.filter(delivery__released_at__isnull=True).update(delivery=row)
    new = [DeliveryItem(delivery=row, notification_id=pk, channel=row.channel) for pk in ids if pk not in known]
    DeliveryItem.objects.bulk_create(new)
    Delivery.objects.filter(pk__in=emptied, items__isnull=True).delete()


def highest(news: Iterable[News]) -> Urgency:
    return max((each.urgency for each in news), key=lambda urgency: urgency.rank)
