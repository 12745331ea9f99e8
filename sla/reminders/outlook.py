"""What the desk will remind the owner of a ticket of, and when, if nobody does anything (domain.md section 13)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sla.reminders.enums import ReminderKind, ReminderStatus
from sla.reminders.models import Reminder
from sla.reminders.reasons import TOLD_ELSEWHERE, cycle_of_idleness, idle_from, reminded_owner
from tickets.enums import TicketStatus
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Coming:
    kind: ReminderKind
    at: datetime
    """UTC. What is due already comes with the next run."""
    is_again: bool
    """Snoozed: its owner wants to be told again, whoever else tells them."""


def coming_on(ticket: Ticket, *, now: datetime) -> list[Coming]:
    """The first first. Of what people are told otherwise, such as of an envelope that nobody accepts, there is nothing.
    Two queries.
    """
    rows = Reminder.objects.automatic_on([ticket.pk]).exclude(kind__in=TOLD_ELSEWHERE)
    waiting = rows.filter(status__in=(ReminderStatus.PENDING, ReminderStatus.SNOOZED)).in_order()
    found = [
        Coming(ReminderKind(row.kind), max(row.snooze_until or row.trigger_at, now), row.snooze_until is not None)
        for row in waiting
    ]
    idle_at = _idle_at(ticket, now)
    if idle_at is not None:
        found.append(Coming(ReminderKind.STALE_TICKET, idle_at, is_again=False))
    return sorted(found, key=lambda each: each.at)


def _idle_at(ticket: Ticket, now: datetime) -> datetime | None:
    """When it will have been idle for too long, if it is not yet: before that there is no reminder of it."""
    owner = reminded_owner(ticket)
    if owner is None or ticket.status == TicketStatus.WAITING_CUSTOMER:
        return None
    idle_at = idle_from(ticket, ZoneInfo(owner.timezone))
    if idle_at > now:
        return idle_at
    kept = Reminder.objects.automatic_on([ticket.pk]).filter(
        kind=ReminderKind.STALE_TICKET, cycle=cycle_of_idleness(ticket)
    )
    return None if kept.exists() else now
