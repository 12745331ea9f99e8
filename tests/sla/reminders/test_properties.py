"""Whatever happens to a ticket, its reminders are what its state gives (acceptance 117, 118, 121)."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import time_machine
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core import timers
from core.errors import DomainError
from sla.models import SlaClock
from sla.reminders.enums import AUTOMATIC
from sla.reminders.models import InactivityCheck, Reminder
from sla.reminders.recurrence import days_later
from sla.reminders.services import arrange_reminders, cancel_reminder, complete_reminder, snooze_reminder
from tests.sla.reminders.conftest import MONDAY, Desk
from tickets.models import Ticket
from tickets.services import (
    add_note,
    edit_ticket,
    record_customer_message,
    reopen_ticket,
    reply_to_customer,
    resolve_ticket,
    resume_ticket,
    wait_for_customer,
)
from tickets.services.creation import Message

BERLIN = ZoneInfo("Europe/Berlin")
TIMERS = ("tickets_closed", "replies_released", "clocks_breached", "idle_tickets_checked", "reminders_triggered")
WORKED = ("in_progress", "waiting_customer", "waiting_internal")


def _on_first_due(act: Callable[..., object]) -> Callable[[Desk, Ticket], object]:
    def run(desk: Desk, _ticket: Ticket) -> object:
        row = Reminder.objects.open().filter(status="triggered").order_by("pk").first()
        return act(row.pk, by=desk.mara) if row else None

    return run


def _raise(priority: str) -> Callable[[Desk, Ticket], object]:
    def run(desk: Desk, ticket: Ticket) -> object:
        version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
        return edit_ticket(ticket.pk, by=desk.mara, version=version, priority=priority, reason="So it is.")

    return run


ACTS: dict[str, Callable[[Desk, Ticket], object]] = {
    "note": lambda desk, ticket: add_note(ticket.pk, by=desk.mara, body_text="Seen."),
    "reply": lambda desk, ticket: reply_to_customer(ticket.pk, by=desk.mara, body_text=f"At {desk.now} it is on."),
    "customer": lambda desk, ticket: record_customer_message(
        ticket.pk, by=ticket.requester, message=Message(body_text="Hello?")
    ),
    "wait": lambda desk, ticket: wait_for_customer(ticket.pk, by=desk.mara),
    "resume": lambda desk, ticket: resume_ticket(ticket.pk, by=desk.mara),
    "resolve": lambda desk, ticket: resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Done."),
    "reopen": lambda desk, ticket: reopen_ticket(ticket.pk, by=desk.mara),
    "low": _raise("low"),
    "critical": _raise("critical"),
    "done": _on_first_due(complete_reminder),
    "later": _on_first_due(snooze_reminder),
    "dismiss": _on_first_due(cancel_reminder),
}
PASSES = {
    "hour": timedelta(hours=1),
    "morning": timedelta(hours=17),
    "days": timedelta(days=3),
    "week": timedelta(days=7),
}


class RemindersFollowTheTicket(TestCase):
    @settings(max_examples=8)
    @given(st.lists(st.sampled_from([*ACTS, *PASSES, *PASSES]), max_size=10))
    def test_through_any_history(self, history: list[str]) -> None:
        with time_machine.travel(MONDAY, tick=False) as clock:
            desk = Desk(clock)
            ticket = desk.ticket()
            for word in history:
                if word in PASSES:
                    _pass(desk, PASSES[word])
                else:
                    _try(lambda word=word: ACTS[word](desk, ticket))
                    desk.settle()
                _look(desk, ticket)


def _pass(desk: Desk, span: timedelta) -> None:
    """As `Desk.at`, by the timers alone that have to do with it."""
    desk.now += span
    desk.clock.move_to(desk.now, tick=False)
    for name in (
        "tickets_closed",
        "replies_released",
        "clocks_breached",
        "idle_tickets_checked",
        "reminders_triggered",
    ):
        timers._timers[name][1](now=desk.now)
    desk.settle()


def _try(act: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            act()
    except DomainError:
        pass


def _look(desk: Desk, ticket: Ticket) -> None:
    ticket = Ticket.objects.get(pk=ticket.pk)
    rows = list(Reminder.objects.filter(ticket=ticket, kind__in=AUTOMATIC))
    is_open = {(row.kind, row.cycle) for row in rows if row.is_open}
    kept = [(row.kind, row.cycle) for row in rows if not row.is_withdrawn]
    assert len(kept) == len(set(kept)), "one row a cycle"
    assert {row.agent_id for row in rows} <= {ticket.owner_id}
    before = _others_than_idle(ticket)
    arrange_reminders(ticket.pk, now=desk.now)
    assert _others_than_idle(ticket) == before, "arranged already"
    if ticket.status not in WORKED:
        assert (is_open, InactivityCheck.objects.exists()) == (set(), False)
        return
    clock = SlaClock.objects.get(ticket=ticket, metric="resolution")
    for row in rows:
        if row.is_open and row.kind == "no_customer_response":
            assert (ticket.status, row.cycle) == ("waiting_customer", ticket.waiting_since.isoformat())
            assert row.trigger_at == days_later(ticket.waiting_since, 3, BERLIN)
        if row.is_open and row.kind == "sla_warning":
            assert (clock.state, clock.breached_at) == ("running", None)
            assert row.trigger_at < clock.due_at
    if clock.breached_at is not None:
        assert [row.kind for row in rows].count("sla_breach") >= 1


def _others_than_idle(ticket: Ticket) -> list[tuple[object, ...]]:
    """All but those of an idle ticket, which activity takes back at the next look."""
    rows = Reminder.objects.filter(ticket=ticket).exclude(kind="stale_ticket").order_by("pk")
    return list(rows.values_list("pk", "status", "version"))
