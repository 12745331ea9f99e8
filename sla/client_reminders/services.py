"""All writes on reminders to customers: what happens to a ticket begins and ends them, a timer sends what is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actors import TIMER, Actor
from core.errors import Invalid, StaleVersion, Text
from core.history import record
from core.service import service
from core.sweep import is_any, run_past_failures
from core.writing import write_soon
from sla.client_reminders.errors import ClientRemindersForbidden
from sla.client_reminders.models import MOST_MINUTES, ClientReminderRule, ClientReminderWatch
from sla.client_reminders.planning import MOST, next_moment
from sla.client_reminders.selectors import asking_on
from sla.due import see_due, take, take_due
from sla.policies import may_edit_policies
from tickets.models import Ticket
from tickets.services import Asked, ask_customer_again, lock_ticket

BATCH = 50
"""Customers asked in one transaction, which holds their tickets."""
LOOK_WHILE_UNHEARD = timedelta(minutes=1)
"""They may have answered, and those behind them in the sweep must not wait for that."""
LEAST_REASON = 3
DUE = """
    SELECT w.ticket_id FROM sla_clientreminderwatch w JOIN tickets_ticket t ON t.id = w.ticket_id
    WHERE w.due_at <= %s AND w.ticket_id <> ALL(%s::uuid[])
    ORDER BY w.due_at LIMIT %s FOR NO KEY UPDATE OF t, w SKIP LOCKED
"""
WATCH = ClientReminderWatch._meta.db_table
BEGUN = f"""
    INSERT INTO {WATCH} (ticket_id, anchor_at, sent, due_at) VALUES (%s, %s, 0, %s)
    ON CONFLICT (ticket_id) DO UPDATE SET anchor_at = excluded.anchor_at, sent = 0, due_at = excluded.due_at
"""  # noqa: S608  # names of ours
ENDED = f"UPDATE {WATCH} SET due_at = NULL WHERE ticket_id = %s"  # noqa: S608
PUT_OFF = f"UPDATE {WATCH} SET anchor_at = %s WHERE ticket_id = %s AND due_at IS NOT NULL"  # noqa: S608
# One that has had its three stays as it is; and so does one that does not wait.
LOOKED_AT = f"UPDATE {WATCH} SET due_at = %s WHERE ticket_id = %s AND due_at IS NOT NULL"  # noqa: S608
PRIORITY_CHANGED = f"""
    UPDATE {WATCH} w SET due_at = %s FROM tickets_ticket t
    WHERE w.ticket_id = %s AND t.id = w.ticket_id AND t.status = 'waiting_customer' AND w.sent < {MOST}
"""  # noqa: S608
RULE_CHANGED = f"""
    UPDATE {WATCH} w SET due_at = %s, anchor_at = CASE WHEN %s THEN %s ELSE w.anchor_at END FROM tickets_ticket t
    WHERE t.id = w.ticket_id AND t.status = 'waiting_customer' AND t.priority = %s AND w.sent < {MOST}
"""  # noqa: S608


def begin_asking(ticket_id: UUID, *, at: datetime) -> None:
    """It is the customer's turn; the timer counts."""
    write_soon(WATCH, BEGUN, [ticket_id, at, at])


def end_asking(ticket_id: UUID) -> None:
    write_soon(WATCH, ENDED, [ticket_id])


def put_off_asking(ticket_id: UUID, *, at: datetime) -> None:
    """A person has just written to them."""
    write_soon(WATCH, PUT_OFF, [at, ticket_id])


def look_again(ticket_id: UUID, *, at: datetime) -> None:
    """It counts otherwise from now on: other hours, a pause begins or ends."""
    write_soon(WATCH, LOOKED_AT, [at, ticket_id])


def follow_other_rule(ticket_id: UUID, *, at: datetime) -> None:
    """Of another priority: also where the rule before was switched off."""
    write_soon(WATCH, PRIORITY_CHANGED, [at, ticket_id])


def ask_due_customers(*, now: datetime) -> int:
    """A timer: one batch of what is to be looked at. Answers how many watches were."""
    if not is_any(ClientReminderWatch.objects.filter(due_at__lte=now), by="due_at"):
        return 0
    return run_past_failures(
        lambda besides: ask_batch(besides, by=TIMER, now=now),
        lambda besides: see_due(DUE, now=now, besides=besides, limit=BATCH),
        lambda ticket_id: ask_again(ticket_id, by=TIMER, now=now),
    )


@service
def ask_batch(besides: Sequence[UUID], *, by: Actor, now: datetime) -> int:
    """`ask_again` for a batch of tickets with due watches, but for those in `besides`."""
    ticket_ids = take_due(DUE, now=now, besides=besides, limit=BATCH)
    for ticket_id in ticket_ids:
        _look(ticket_id, now)
    return len(ticket_ids)


@service
def ask_again(ticket_id: UUID, *, by: Actor, now: datetime) -> bool:
    """Whether the customer was asked; else the watch is put off to when it may be due. What somebody works on at this
    moment is left to the next run.
    """
    return bool(take([ticket_id])) and _look(ticket_id, now)


def _look(ticket_id: UUID, now: datetime) -> bool:
    """At a locked ticket."""
    watch = ClientReminderWatch.objects.select_for_update().filter(pk=ticket_id, due_at__lte=now).first()
    if watch is None:
        return False
    asked = _ask(watch, lock_ticket(ticket_id), now)
    watch.save(update_fields=["anchor_at", "sent", "due_at"])
    return asked


def _ask(watch: ClientReminderWatch, ticket: Ticket, now: datetime) -> bool:
    asking = asking_on(ticket)
    if asking is None:
        watch.due_at = None  # a rule that is switched on again begins it anew
        return False
    if asking.paused_until is not None and asking.paused_until > now:
        watch.due_at = asking.paused_until
        return False
    due_at = next_moment(asking.calendar, watch.anchor_at, asking.interval_minutes, asking.ended_stops)
    if due_at > now:
        watch.due_at = due_at
        return False
    answer = ask_customer_again(ticket.pk, due_at=due_at)
    if answer == Asked.UNHEARD:
        watch.due_at = now + LOOK_WHILE_UNHEARD
        return False
    watch.sent += answer == Asked.SENT
    watch.anchor_at = now
    is_over = answer == Asked.NOT_WAITING or watch.sent >= MOST
    watch.due_at = None if is_over else next_moment(asking.calendar, now, asking.interval_minutes)
    return answer == Asked.SENT


@service
def edit_client_reminder(
    rule_id: UUID, *, by: Actor, reason: str, interval_minutes: int, is_active: bool, version: int | None = None
) -> ClientReminderRule:
    """Another interval, on or off; holds for tickets that wait already. Switched on, it counts from now, so that nobody
    is asked for the time before.

    Raises ClientRemindersForbidden, Invalid for no interval or no reason, StaleVersion.
    """
    if not may_edit_policies(by):
        raise ClientRemindersForbidden
    rule = ClientReminderRule.objects.select_for_update(of=("self",), no_key=True).get(pk=rule_id)
    faults: dict[str, Text | list[Text]] = {}
    if not 1 <= interval_minutes <= MOST_MINUTES:
        faults["interval_minutes"] = _("A number from 1 to %(most)s.") % {"most": MOST_MINUTES}
    if len(reason.strip()) < LEAST_REASON:
        faults["reason"] = _("Say why: the reason of every change is kept.")
    if faults:
        raise Invalid(faults)
    if version is not None and version != rule.version:
        raise StaleVersion(given=version, current=rule.version)
    is_begun, now = is_active and not rule.is_active, timezone.now()
    rule.interval_minutes, rule.is_active = interval_minutes, is_active
    record(rule, by=by, reason=reason.strip())
    with connection.cursor() as cursor:
        cursor.execute(RULE_CHANGED, [now, is_begun, now, rule.priority])
    return rule
