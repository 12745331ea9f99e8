"""Reminders of the promised solution: before it is due and when it is missed (acceptance 117; domain.md section 13)."""

from datetime import UTC, datetime, timedelta

import pytest

from core.models import EventDelivery
from sla.alerts.models import AlertRule
from sla.models import SlaClock
from sla.reminders.models import Reminder
from sla.reminders.selectors import agenda_of
from sla.reminders.services import arrange_reminders, complete_reminder
from tests.factories import AgentFactory, TicketFactory
from tests.sla.reminders.conftest import MONDAY, PROMISES, Desk
from tickets.models import Ticket
from tickets.services import (
    accept_ticket,
    edit_ticket,
    reopen_ticket,
    reply_to_customer,
    resolve_ticket,
    resume_ticket,
    wait_for_customer,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_alerts(db: None) -> None:
    """Who is told of a promise by an alert is not told by a reminder, too: `tests/sla/alerts/test_told_once.py`."""
    AlertRule.objects.update(is_active=False)


def due_of(ticket: Ticket) -> datetime:
    return SlaClock.objects.get(ticket=ticket, metric="resolution").due_at


def raise_to(priority: str, ticket: Ticket, desk: Desk) -> None:
    version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
    edit_ticket(ticket.pk, by=desk.mara, version=version, priority=priority, reason="The ward cannot print.")
    desk.settle()


def shown(desk: Desk) -> list[str]:
    return [row.kind for row in agenda_of(desk.mara, now=desk.now).overdue if row.kind in PROMISES]


def told(desk: Desk) -> list[str]:
    return desk.told(desk.mara, *PROMISES)


def test_117_a_warning_comes_two_business_hours_before_and_a_breach_reminder_at_the_breach(desk: Desk) -> None:
    ticket = desk.ticket(subject="No printer")
    assert due_of(ticket) == MONDAY + 8 * HOUR, "medium: eight hours, until the desk closes"
    desk.at(MONDAY + 6 * HOUR - MINUTE)
    agenda = agenda_of(desk.mara, now=desk.now)
    assert (agenda.overdue, agenda.soon) == ([], []), "it appears at its time"
    desk.at(MONDAY + 6 * HOUR)
    assert (shown(desk), told(desk)) == (["sla_warning"], [f"{ticket.reference} is due soon: No printer"])
    desk.at(MONDAY + 8 * HOUR - MINUTE)
    assert shown(desk) == ["sla_warning"]
    desk.at(MONDAY + 8 * HOUR)
    assert shown(desk) == ["sla_breach"], "it takes the place of the warning"
    assert told(desk)[1:] == [f"{ticket.reference} is overdue: No printer"]
    desk.later(minutes=1)
    desk.later(days=1)
    assert Reminder.objects.filter(kind="sla_breach").count() == 1


@pytest.mark.parametrize(("priority", "target", "before"), [("critical", 60, 30), ("high", 240, 120)])
def test_117_of_a_short_target_half_is_the_warning(desk: Desk, priority: str, target: int, before: int) -> None:
    ticket = desk.ticket(priority=priority)
    assert due_of(ticket) == MONDAY + target * MINUTE
    [warning] = desk.open("sla_warning")
    [breach] = desk.open("sla_breach")
    assert (warning.trigger_at, breach.trigger_at) == (due_of(ticket) - before * MINUTE, due_of(ticket))


def test_117_the_two_hours_are_business_hours(desk: Desk) -> None:
    """Due on Monday at 09:00; two business hours before, it is Friday at 17:00."""
    desk.at(datetime(2026, 3, 6, 14, tzinfo=UTC))
    ticket = desk.ticket(priority="high")
    assert due_of(ticket) == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert desk.open("sla_warning")[0].trigger_at == datetime(2026, 3, 6, 16, tzinfo=UTC)


def test_117_another_target_takes_the_old_ones_back(desk: Desk) -> None:
    ticket = desk.ticket()
    raise_to("high", ticket, desk)
    due = due_of(ticket)
    assert due == MONDAY + 4 * HOUR
    assert [(row.kind, row.trigger_at) for row in desk.open(*PROMISES)] == [
        ("sla_warning", due - 2 * HOUR),
        ("sla_breach", due),
    ]
    desk.at(due - 2 * HOUR)
    [warning] = agenda_of(desk.mara, now=desk.now).overdue
    complete_reminder(warning.pk, by=desk.mara)
    raise_to("low", ticket, desk)
    warnings = Reminder.objects.filter(kind="sla_warning").order_by("trigger_at")
    assert [row.status for row in warnings] == ["completed", "cancelled", "pending"]
    assert [row.is_withdrawn for row in warnings] == [False, True, False]


def test_117_a_target_that_is_missed_by_its_change_is_brought_up_at_once(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.at(MONDAY + 3 * HOUR)
    raise_to("critical", ticket, desk)
    desk.later(minutes=1)
    assert shown(desk) == ["sla_breach"]


def test_117_nothing_is_brought_up_while_the_customer_is_waited_for(desk: Desk) -> None:
    ticket = desk.ticket()
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    desk.at(MONDAY + 6 * HOUR)
    assert shown(desk) == ["sla_warning"]
    wait_for_customer(ticket.pk, by=desk.mara)
    desk.settle()
    assert desk.open(*PROMISES) == []
    desk.later(days=1)
    assert shown(desk) == []
    resume_ticket(ticket.pk, by=desk.mara)
    desk.settle()
    assert [row.kind for row in desk.open(*PROMISES)] == ["sla_warning", "sla_breach"]
    assert due_of(ticket) == desk.now + 2 * HOUR


def test_121_resolving_takes_them_back(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.at(MONDAY + 8 * HOUR)
    assert shown(desk) == ["sla_breach"]
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="New cable.")
    desk.settle()
    assert desk.open(*PROMISES) == []


def waits_and_goes_on(desk: Desk, ticket: Ticket) -> None:
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    desk.later(minutes=1)
    wait_for_customer(ticket.pk, by=desk.mara)
    desk.settle()
    desk.later(minutes=2)
    resume_ticket(ticket.pk, by=desk.mara)
    desk.settle()
    desk.later(minutes=2)


def test_117_a_missed_promise_is_told_once_however_often_the_ticket_is_reopened(desk: Desk) -> None:
    ticket = desk.ticket(subject="No printer")
    desk.at(MONDAY + 6 * HOUR)
    desk.at(MONDAY + 8 * HOUR)
    before = told(desk)
    for _time in range(2):
        resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="New cable.")
        desk.settle()
        assert shown(desk) == []
        desk.later(minutes=20)
        reopen_ticket(ticket.pk, by=desk.mara)
        desk.settle()
        desk.later(minutes=30)
        assert shown(desk) == ["sla_breach"], "it is in front of its owner again"
    assert (
        told(desk)
        == before
        == [f"{ticket.reference} is due soon: No printer", f"{ticket.reference} is overdue: No printer"]
    )
    assert Reminder.objects.filter(kind="sla_breach").count() == 1


def test_117_waiting_and_going_on_gives_no_second_warning(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.at(MONDAY + 6 * HOUR)
    for _time in range(2):
        waits_and_goes_on(desk, ticket)
        assert shown(desk) == ["sla_warning"]
    [warning] = desk.open("sla_warning")
    complete_reminder(warning.pk, by=desk.mara)
    waits_and_goes_on(desk, ticket)
    assert (shown(desk), len(told(desk))) == ([], 1)
    assert Reminder.objects.filter(kind="sla_warning").count() == 1


def test_117_a_warning_that_lies_ahead_again_is_given_again(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.at(MONDAY + 6 * HOUR)
    [warning] = desk.open("sla_warning")
    SlaClock.objects.filter(ticket=ticket, metric="resolution").update(due_at=MONDAY + 25 * HOUR)
    arrange_reminders(ticket.pk, now=desk.now)
    warning.refresh_from_db()
    assert (warning.status, warning.trigger_at) == ("pending", MONDAY + 23 * HOUR)
    assert shown(desk) == []


def test_who_accepts_what_is_missed_already_is_reminded_of_that_alone(desk: Desk) -> None:
    ticket = TicketFactory(team=desk.mara.teams.get())
    desk.at(MONDAY + 9 * HOUR)
    assert not Reminder.objects.exists()
    accept_ticket(ticket.pk, by=desk.mara)
    desk.settle()
    desk.later(minutes=1)
    assert shown(desk) == ["sla_breach"]


def test_a_new_ticket_costs_no_delivery_of_reminders(desk: Desk) -> None:
    TicketFactory(team=desk.mara.teams.get())
    assert not EventDelivery.objects.filter(receiver__startswith="sla.reminders").exists()


def test_it_is_the_owners_alone(desk: Desk) -> None:
    desk.ticket()
    colleague = AgentFactory(teams=[desk.mara.teams.get()])
    desk.at(MONDAY + 8 * HOUR)
    assert agenda_of(colleague, now=desk.now).overdue == []
