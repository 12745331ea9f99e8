"""People are told of something, and time goes on until it is delivered."""

from datetime import UTC, datetime, timedelta

from notifications.enums import EventType, Urgency
from notifications.models import Delivery, Notification
from notifications.services import (
    deliver_due,
    notify,
)
from tests.factories import AgentFactory, TicketFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def tell(agent, event: EventType = EventType.TASK_ASSIGNED, *, ticket=None, urgency=Urgency.NORMAL, key="") -> None:
    notify(
        [agent.pk],
        event,
        ticket_id=ticket and ticket.pk,
        dedupe_key=key or f"{event}:{Notification.objects.count()}",
        urgency=urgency,
        reference=ticket.reference if ticket else "",
        subject=ticket.subject if ticket else "",
        title="Look at it",
        level=3,
        message="Call back",
        agent="Ann",
        author="Cleo",
        by="Bea",
        target="Network",
        number=1,
        what="5.00 EUR",
    )


def go(clock, **later: int) -> None:
    """Deliver all that is due then."""
    clock.shift(timedelta(**later))
    while deliver_due():
        pass


def owned():
    owner = AgentFactory()
    return owner, TicketFactory(owner=owner)


def minutes(letters) -> list[int]:
    rows = Delivery.objects.filter(pk__in=[letter.key for letter in letters]).order_by("released_at")
    return [int((row.released_at - NOON).total_seconds() // 60) for row in rows]
