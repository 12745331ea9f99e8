"""What planning has to know of a person, read from the database: what they want, what they were told, what they do."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Agent
from core.moments import zone_named
from notifications.attention import looked_at_by
from notifications.defaults import Choice, choice_for
from notifications.enums import DeliveryChannel, DeliveryStatus, EventType, Timing, Urgency
from notifications.models import (
    Delivery,
    DeliveryItem,
    Notification,
    NotificationPreference,
    QuietHours,
    WorkingOn,
)
from notifications.planning import FOLD, LetGo, News, Person, QuietTimes
from tickets.models import Ticket


@dataclass(frozen=True)
class Wishes:
    """What a person has said about being told."""

    preferences: Mapping[str, NotificationPreference]
    quiet_hours: QuietTimes | None

    def choice(self, event_type: str) -> Choice | None:
        own = self.preferences.get(event_type)
        return Choice(tuple(map(DeliveryChannel, own.channels)), Timing(own.timing)) if own else None

    def quiet(self, event_type: str) -> QuietTimes | None:
        own = self.preferences.get(event_type)
        return (own and own.quiet) or self.quiet_hours

    def tell_as_well(self, event: EventType, *, than: EventType, urgency: Urgency) -> bool:
        """Whether `event` reaches them by each channel by which `than` would, and no later."""
        choice, other = (choice_for(each, urgency, self.choice(each)) for each in (event, than))
        is_as_soon = choice.timing in (Timing.IMMEDIATE, other.timing)
        is_as_loud = urgency == Urgency.BREACH or self.quiet(event) in (None, self.quiet(than))
        return set(choice.channels) >= set(other.channels) and is_as_soon and is_as_loud


def wishes_of(agent: Agent) -> Wishes:
    return wishes_of_all([agent.pk])[agent.pk]


def wishes_of_all(agent_ids: Collection[UUID]) -> dict[UUID, Wishes]:
    """Of each of them. Two queries."""
    chosen = defaultdict[UUID, dict[str, NotificationPreference]](dict)
    for row in NotificationPreference.objects.filter(agent__in=agent_ids):
        chosen[row.agent_id][row.event_type] = row
    hours = QuietHours.objects.filter(agent__in=agent_ids).values_list("agent", "quiet_from", "quiet_to")
    quiet = {agent_id: (start, end) for agent_id, start, end in hours if start and end}
    return {agent_id: Wishes(chosen[agent_id], quiet.get(agent_id)) for agent_id in agent_ids}


def news_of(row: Notification, wishes: Wishes, *, timing: Timing, is_in_sight: bool = True) -> News:
    return News(
        id=row.pk,
        ticket=row.ticket_id,
        urgency=Urgency(row.urgency),
        timing=timing,
        told_at=row.created_at,
        quiet=wishes.quiet(row.event_type),
        is_read=row.read_at is not None,
        is_in_sight=is_in_sight,
    )


def news_due(agent: Agent, channel: DeliveryChannel, *, now: datetime) -> list[News]:
    """All that still gathers for the person and channel, and is due at `now`, in the order in which it happened."""
    gathering = Delivery.objects.gathering().filter(recipient=agent, channel=channel, scheduled_for__lte=now)
    items = DeliveryItem.objects.filter(delivery__in=gathering).select_related("notification", "delivery")
    found = list(items.order_by("notification__created_at", "notification_id"))
    tickets = {item.notification.ticket_id for item in found if item.notification.ticket_id is not None}
    in_sight = {None, *Ticket.objects.visible_to(agent).filter(pk__in=tickets).values_list("pk", flat=True)}
    wishes = wishes_of(agent)
    return [
        news_of(
            item.notification,
            wishes,
            timing=Timing(item.delivery.timing),
            is_in_sight=item.notification.ticket_id in in_sight,
        )
        for item in found
    ]


def person_of(agent: Agent, *, now: datetime, news: Iterable[News] = ()) -> Person:
    """As far as it matters for `news`."""
    tickets = {each.ticket for each in news if each.ticket is not None}
    return Person(
        zone=zone_of(agent),
        let_go=_let_go(agent, now=now),
        works_on=_works_on(agent, now=now),
        looks_at=looked_at_by(agent.pk, tickets),
    )


def zone_of(agent: Agent) -> ZoneInfo:
    return zone_named(agent.timezone) or ZoneInfo("UTC")


def _works_on(agent: Agent, *, now: datetime) -> dict[UUID, datetime]:
    return dict(WorkingOn.objects.filter(agent=agent, until__gt=now).values_list("ticket", "until"))


def _let_go(agent: Agent, *, now: datetime) -> tuple[LetGo, ...]:
    """What was let go at once within `FOLD`, and has not failed: windows count from then."""
    items = DeliveryItem.objects.filter(
        delivery__recipient=agent, delivery__released_at__gt=now - FOLD, delivery__timing=Timing.IMMEDIATE
    ).exclude(delivery__status__in=(DeliveryStatus.FAILED, DeliveryStatus.SUPPRESSED))
    facts = items.values_list(
        "delivery", "delivery__released_at", "channel", "notification", "notification__ticket", "notification__urgency"
    )
    rows: dict[UUID, list[tuple[datetime, str, UUID, UUID | None, Urgency]]] = defaultdict(list)
    for delivery, at, channel, notification, ticket, urgency in facts:
        if at is not None:  # asked for above; the type does not know
            rows[delivery].append((at, channel, notification, ticket, Urgency(urgency)))
    return tuple(_as_let_go(each) for each in rows.values())


def _as_let_go(rows: list[tuple[datetime, str, UUID, UUID | None, Urgency]]) -> LetGo:
    tickets: dict[UUID, Urgency] = {}
    for _at, _channel, _notification, ticket, urgency in rows:
        if ticket is not None:
            tickets[ticket] = max(urgency, tickets.get(ticket, urgency), key=lambda each: each.rank)
    return LetGo(
        at=rows[0][0].astimezone(UTC),
        channel=DeliveryChannel(rows[0][1]),
        news=frozenset(row[2] for row in rows),
        urgency=max((row[4] for row in rows), key=lambda each: each.rank),
        tickets=tickets,
    )
