"""What the desk reminds the owner of a ticket of, and takes back when the reason is gone (domain.md section 13).

What there is to remind of follows from the ticket as it stands, in one place: whatever happens to the ticket, its
reminders are arranged anew, and arranging twice is as arranging once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Agent
from core.actors import TIMER
from core.history import record
from core.service import service
from core.sweep import run_each
from core.worktime import subtract_worked
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from sla.enums import OPEN as OPEN_CLOCKS
from sla.enums import ClockState
from sla.reminders.enums import ReminderKind, ReminderStatus
from sla.reminders.models import InactivityCheck, Reminder
from sla.reminders.recurrence import days_later
from sla.selectors import hours_by_id, resolution_clock_of
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.services import lock_ticket

WARNING = timedelta(minutes=120)
"""In business time of the clock."""
WAITING_DAYS = 3
"""Calendar days without an answer of the customer, by the owner's clock."""
IDLE_DAYS = 5
"""Calendar days in which neither side did anything."""
BATCH = 200
WORKED = (TicketStatus.IN_PROGRESS, TicketStatus.WAITING_CUSTOMER, TicketStatus.WAITING_INTERNAL)
K = ReminderKind


@dataclass(frozen=True, slots=True)
class Wanted:
    kind: ReminderKind
    cycle: str
    at: datetime


@service
def arrange_reminders(ticket_id: UUID, *, now: datetime) -> int:
    """Bring the desk's reminders of a ticket in line with it; answers how many rows were made or changed."""
    ticket = lock_ticket(ticket_id)
    owner = ticket.owner if ticket.status in WORKED else None
    wanted = {(each.kind, each.cycle): each for each in _wanted(ticket, owner, now)} if owner else {}
    changed = 0
    rows = Reminder.objects.automatic_on(ticket_id).filter(is_withdrawn=False).order_by("pk")
    for row in rows.select_for_update(of=("self",), no_key=True):
        kept = wanted.pop((ReminderKind(row.kind), row.cycle), None)
        if row.is_open and (owner is None or kept is None):
            row.cancel(at=now, is_withdrawn=True)
        elif not row.is_open or kept is None or not _follow(row, kept, owner):
            continue
        record(row, by=TIMER)
        changed += 1
    for each in wanted.values():
        new = Reminder(agent=owner, ticket=ticket, kind=each.kind, cycle=each.cycle, trigger_at=each.at)
        record(new, by=TIMER)
        changed += 1
    _look_again(ticket, owner, now)
    return changed


def _follow(row: Reminder, wanted: Wanted, owner: Agent | None) -> bool:
    """Whether an open one has to change: it is the owner's, and comes when it is to come."""
    is_moved = row.status == ReminderStatus.PENDING and row.trigger_at != wanted.at
    if owner is None or not (is_moved or row.agent_id != owner.pk):
        return False
    row.agent = owner
    if is_moved:
        row.move(to=wanted.at)
    return True


def _wanted(ticket: Ticket, owner: Agent, now: datetime) -> Iterator[Wanted]:
    zone = ZoneInfo(owner.timezone)
    since = ticket.waiting_since
    if ticket.status == TicketStatus.WAITING_CUSTOMER:
        if since is not None:
            yield Wanted(K.NO_CUSTOMER_RESPONSE, since.isoformat(), days_later(since, WAITING_DAYS, zone))
    elif (idle_at := days_later(_last_activity(ticket), IDLE_DAYS, zone)) <= now:
        yield Wanted(K.STALE_TICKET, _last_activity(ticket).isoformat(), idle_at)
    yield from _of_promise(ticket, now)
    pending = Envelope.objects.filter(ticket=ticket, status=EnvelopeStatus.PENDING, timeout_notified_at__isnull=False)
    for pk, asked, told in pending.values_list("pk", "pending_since", "timeout_notified_at"):
        if asked is not None and told is not None and told >= asked:
            yield Wanted(K.ESCALATION_TIMEOUT, f"{pk}:{asked.isoformat()}", told)


def _of_promise(ticket: Ticket, now: datetime) -> Iterator[Wanted]:
    """Of the promised solution: two business hours before it is due, half the target where that is less, and once it
    is missed. A cycle is one due moment: where it moves, what was said of the old one is taken back.
    """
    clock = resolution_clock_of(ticket.pk)
    if clock is None or clock.state not in OPEN_CLOCKS:
        return
    key = f"{clock.pk}:{(clock.breached_at or clock.due_at).isoformat()}"
    if clock.breached_at is not None:
        yield Wanted(K.SLA_BREACH, key, clock.breached_at)
    elif clock.state == ClockState.RUNNING:
        if now < clock.due_at:
            before = min(WARNING, timedelta(minutes=clock.target_minutes) / 2)
            yield Wanted(
                K.SLA_WARNING, key, subtract_worked(hours_by_id(clock.hours_id).calendar, clock.due_at, before)
            )
        yield Wanted(K.SLA_BREACH, key, clock.due_at)


def _last_activity(ticket: Ticket) -> datetime:
    """Of either side; a status that changed by itself counts for nothing."""
    moments = (
        *(ticket.owner_accepted_at, ticket.last_staff_activity_at, ticket.last_public_reply_at),
        ticket.last_customer_message_at,
    )
    return max((moment for moment in moments if moment is not None), default=ticket.created_at)


def _look_again(ticket: Ticket, owner: Agent | None, now: datetime) -> None:
    """At the earliest moment at which the ticket can have been idle for so long."""
    if owner is None:
        InactivityCheck.objects.filter(ticket=ticket).delete()
        return
    zone = ZoneInfo(owner.timezone)
    idle_at = days_later(_last_activity(ticket), IDLE_DAYS, zone)
    due_at = idle_at if idle_at > now else days_later(now, IDLE_DAYS, zone)
    InactivityCheck.objects.bulk_create(
        [InactivityCheck(ticket=ticket, due_at=due_at)],
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=["due_at"],
    )


def check_idle_tickets(*, now: datetime) -> int:
    """A timer: look at those whose time has come; nobody touches a ticket that moves."""
    due = InactivityCheck.objects.due(now).values_list("ticket", flat=True)[:BATCH]
    return run_each(list(due), lambda ticket_id: _looked_at(ticket_id, now=now))


def _looked_at(ticket_id: UUID, *, now: datetime) -> bool:
    arrange_reminders(ticket_id, now=now)
    return True
