"""What there is to remind the owner of a ticket of, as it stands, and as what people are told of it (domain.md section
13). Plain Python over rows that are read already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Agent
from core.worktime import subtract_worked
from notifications.enums import EventType, Urgency
from sla.enums import OPEN as OPEN_CLOCKS
from sla.enums import ClockState
from sla.models import SlaClock
from sla.reminders.enums import ReminderKind
from sla.reminders.recurrence import days_later
from sla.selectors import hours_by_id
from tickets.enums import TicketStatus
from tickets.models import Ticket

WARNING = timedelta(minutes=120)
"""In business time of the clock."""
WAITING_DAYS = 3
"""Calendar days without an answer of the customer, by the owner's clock."""
IDLE_DAYS = 5
"""Calendar days in which neither side did anything."""
WORKED = (TicketStatus.IN_PROGRESS, TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL)
K = ReminderKind
TOLD_ELSEWHERE = (K.ESCALATION_TIMEOUT,)
"""The envelope's own notification has told its owner."""
OF_PROMISES: dict[str, tuple[EventType, Urgency]] = {
    K.SLA_WARNING: (EventType.SLA_WARNING, Urgency.URGENT),
    K.SLA_BREACH: (EventType.SLA_BREACH, Urgency.BREACH),
}
"""Of the same an alert may tell (`sla.alerts.promises`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    kind: ReminderKind
    cycle: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A pending envelope whose time is over."""

    envelope_id: UUID
    asked_at: datetime | None
    told_at: datetime | None
    """When the owner was told."""


def told_as(kind: str) -> tuple[EventType, Urgency]:
    return OF_PROMISES.get(kind, (EventType.REMINDER, Urgency.NORMAL))


def reminded_owner(ticket: Ticket) -> Agent | None:
    """Nobody is reminded of what is over, or owned by nobody."""
    return ticket.owner if ticket.status in WORKED else None


def reasons_of(
    ticket: Ticket, clock: SlaClock | None, unanswered: Sequence[Unanswered], *, now: datetime
) -> Iterator[Wanted]:
    """`clock` is that of its resolution."""
    owner = reminded_owner(ticket)
    if owner is None:
        return
    zone, since = ZoneInfo(owner.timezone), ticket.waiting_since
    if ticket.status == TicketStatus.WAITING_CUSTOMER:
        if since is not None:
            yield Wanted(K.NO_CUSTOMER_RESPONSE, since.isoformat(), days_later(since, WAITING_DAYS, zone))
    elif (idle_at := idle_from(ticket, zone)) <= now:
        yield Wanted(K.STALE_TICKET, cycle_of_idleness(ticket), idle_at)
    yield from _of_promise(clock, now)
    for each in unanswered:
        if each.asked_at is not None and each.told_at is not None and each.told_at >= each.asked_at:
            cycle = f"{each.envelope_id}:{each.asked_at.isoformat()}"
            yield Wanted(K.ESCALATION_TIMEOUT, cycle, each.told_at)


def _of_promise(clock: SlaClock | None, now: datetime) -> Iterator[Wanted]:
    """Of the promised solution: two business hours before it is due, half the target where that is less, and once it
    is missed. A promise is missed once; the warning is given once for each target, and moves as the due moment does.
    """
    if clock is None or clock.state not in OPEN_CLOCKS:
        return
    if clock.breached_at is not None:
        yield Wanted(K.SLA_BREACH, str(clock.pk), clock.breached_at)
    elif clock.state == ClockState.RUNNING:
        if now < clock.due_at:
            before = min(WARNING, timedelta(minutes=clock.target_minutes) / 2)
            warning_at = subtract_worked(hours_by_id(clock.hours_id).calendar, clock.due_at, before)
            yield Wanted(K.SLA_WARNING, f"{clock.pk}:{clock.target_minutes}", warning_at)
        yield Wanted(K.SLA_BREACH, str(clock.pk), clock.due_at)


def idle_from(ticket: Ticket, zone: ZoneInfo) -> datetime:
    """When it will have been, or was, idle for so long that its owner is reminded."""
    return days_later(_last_activity(ticket), IDLE_DAYS, zone)


def cycle_of_idleness(ticket: Ticket) -> str:
    return _last_activity(ticket).isoformat()


def _last_activity(ticket: Ticket) -> datetime:
    """Of either side; a status that changed by itself counts for nothing."""
    moments = (
        *(ticket.owner_accepted_at, ticket.last_staff_activity_at, ticket.last_public_reply_at),
        ticket.last_customer_message_at,
    )
    return max((moment for moment in moments if moment is not None), default=ticket.created_at)
