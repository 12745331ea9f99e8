"""What the desk reminds the owner of a ticket of, and takes back when the reason is gone (domain.md section 13).

What there is to remind of follows from the ticket as it stands, in one place: whatever happens to the ticket, its
reminders are arranged anew, and arranging twice is as arranging once.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Agent
from core.actors import TIMER
from core.history import record
from core.service import service
from core.sweep import is_any, run_past_failures
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from sla.due import see_due, take_due
from sla.models import SlaClock
from sla.reminders.enums import ReminderKind, ReminderStatus
from sla.reminders.models import InactivityCheck, Reminder
from sla.reminders.reasons import (
    IDLE_DAYS,
    Unanswered,
    Wanted,
    cycle_of_idleness,
    idle_from,
    reasons_of,
    reminded_owner,
)
from sla.reminders.recurrence import days_later
from sla.selectors import resolution_clocks_of
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.services import lock_ticket

LOOK_WHILE_IDLE = timedelta(hours=1)
"""Activity itself marks nothing, so that what people do costs nothing here."""
BATCH = 200
K = ReminderKind
IDLE = """
    SELECT i.ticket_id FROM sla_inactivitycheck i JOIN tickets_ticket t ON t.id = i.ticket_id
    WHERE i.due_at <= %s AND i.ticket_id <> ALL(%s::uuid[])
    ORDER BY i.due_at LIMIT %s FOR NO KEY UPDATE OF t, i SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What of a locked ticket its reminders follow from, besides itself."""

    ticket: Ticket
    clock: SlaClock | None
    """Of its resolution."""
    unanswered: Sequence[Unanswered]
    kept: Sequence[Reminder]
    """The desk's, but for those that were withdrawn before anybody saw them; locked."""


@service
def arrange_reminders(ticket_id: UUID, *, now: datetime) -> int:
    """Bring the desk's reminders of a ticket in line with it; answers how many rows were made or changed."""
    return arrange_all([lock_ticket(ticket_id)], now=now)


def arrange_all(tickets: Collection[Ticket], *, now: datetime) -> int:
    """`arrange_reminders` for tickets that are locked and come with their owner. As many statements as for one, but
    for what changes.
    """
    changed = 0
    looks: list[InactivityCheck] = []
    unwatched: list[UUID] = []
    for known in _known_of(tickets):
        ticket = known.ticket
        owner = reminded_owner(ticket)
        changed += _arrange(known, owner, now)
        if owner is None:
            unwatched.append(ticket.pk)
        else:
            looks.append(InactivityCheck(ticket=ticket, due_at=_next_look(known, owner, now)))
    if unwatched:
        InactivityCheck.objects.filter(pk__in=unwatched).delete()
    InactivityCheck.objects.bulk_create(
        looks, update_conflicts=True, unique_fields=["ticket"], update_fields=["due_at"]
    )
    return changed


def _known_of(tickets: Collection[Ticket]) -> Iterator[Known]:
    ids = [ticket.pk for ticket in tickets]
    clocks = resolution_clocks_of(ids)
    unanswered: dict[UUID, list[Unanswered]] = {}
    pending = Envelope.objects.filter(status=EnvelopeStatus.PENDING, timeout_notified_at__isnull=False)
    rows_of_help = pending.filter(ticket__in=ids).values_list("ticket", "pk", "pending_since", "timeout_notified_at")
    for ticket_id, envelope_id, asked, told in rows_of_help:
        unanswered.setdefault(ticket_id, []).append(Unanswered(envelope_id, asked, told))
    kept: dict[UUID | None, list[Reminder]] = {}
    rows = Reminder.objects.automatic_on(ids).exclude(is_withdrawn=True, triggered_at=None).order_by("pk")
    for row in rows.select_for_update(of=("self",), no_key=True):
        kept.setdefault(row.ticket_id, []).append(row)
    for ticket in tickets:
        yield Known(ticket, clocks.get(ticket.pk), unanswered.get(ticket.pk, ()), kept.get(ticket.pk, ()))


def _arrange(known: Known, owner: Agent | None, now: datetime) -> int:
    reasons = reasons_of(known.ticket, known.clock, known.unanswered, now=now)
    wanted = {(each.kind, each.cycle): each for each in reasons}
    changed = 0
    seen: dict[tuple[ReminderKind, str], Reminder] = {}
    for row in known.kept:
        key = (ReminderKind(row.kind), row.cycle)
        if row.is_withdrawn:
            seen[key] = row
            continue
        kept = wanted.pop(key, None)
        if row.is_open and (owner is None or kept is None):
            row.cancel(at=now, is_withdrawn=True)
        elif not row.is_open or kept is None or not _follow(row, kept, owner, now):
            continue
        record(row, by=TIMER)
        changed += 1
    for key, each in wanted.items():
        record(_made(each, known.ticket, owner, seen=seen.get(key), now=now), by=TIMER)
        changed += 1
    return changed


def _made(wanted: Wanted, ticket: Ticket, owner: Agent | None, *, seen: Reminder | None, now: datetime) -> Reminder:
    """A new one, or the one that its person had seen before the reason was gone for a while."""
    if seen is None or wanted.at > now:
        return Reminder(agent=owner, ticket=ticket, kind=wanted.kind, cycle=wanted.cycle, trigger_at=wanted.at)
    seen.agent = owner or seen.agent
    seen.bring_back()
    return seen


def _follow(row: Reminder, wanted: Wanted, owner: Agent | None, now: datetime) -> bool:
    """Whether an open one has to change: it is the owner's, and comes when it is to come; once more if that lies ahead
    again.
    """
    is_moved = row.trigger_at != wanted.at and (row.status == ReminderStatus.PENDING or wanted.at > now)
    if owner is None or not (is_moved or row.agent_id != owner.pk):
        return False
    row.agent = owner
    if is_moved:
        row.move(to=wanted.at)
    return True


def _next_look(known: Known, owner: Agent, now: datetime) -> datetime:
    """The earliest moment at which the ticket can have been idle for so long; soon while its owner is told that it is,
    as that is to end when something happens.
    """
    ticket, zone = known.ticket, ZoneInfo(owner.timezone)
    if (idle_at := idle_from(ticket, zone)) > now:
        return idle_at
    return days_later(now, IDLE_DAYS, zone) if _is_idleness_settled(known) else now + LOOK_WHILE_IDLE


def _is_idleness_settled(known: Known) -> bool:
    """The owner is not, or not any more, reminded of it."""
    rows = (row for row in known.kept if row.kind == K.STALE_TICKET and not row.is_withdrawn and not row.is_open)
    is_waiting = known.ticket.status == TicketStatus.WAITING_CUSTOMER
    return is_waiting or cycle_of_idleness(known.ticket) in {row.cycle for row in rows}


def check_idle_tickets(*, now: datetime) -> int:
    """A timer: look at those whose time has come; nobody touches a ticket that moves."""
    if not is_any(InactivityCheck.objects.due(now), by="due_at"):
        return 0
    return run_past_failures(
        lambda besides: check_batch(besides, now=now),
        lambda besides: see_due(IDLE, now=now, besides=besides, limit=BATCH),
        lambda ticket_id: _looked_at(ticket_id, now=now),
    )


@service
def check_batch(besides: Sequence[UUID], *, now: datetime) -> int:
    """Look at idle tickets, but for those in `besides`."""
    ticket_ids = take_due(IDLE, now=now, besides=besides, limit=BATCH)
    arrange_all(tickets_with_owners(ticket_ids), now=now)
    return len(ticket_ids)


def tickets_with_owners(ticket_ids: Collection[UUID]) -> list[Ticket]:
    return list(Ticket.objects.filter(pk__in=list(ticket_ids)).select_related("owner")) if ticket_ids else []


def _looked_at(ticket_id: UUID, *, now: datetime) -> bool:
    arrange_reminders(ticket_id, now=now)
    return True
