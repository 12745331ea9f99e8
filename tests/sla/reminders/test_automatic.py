"""What the desk reminds the owner of, once a cycle, and takes back when the reason is gone (domain.md section 13)."""

from datetime import UTC, datetime, timedelta

import pytest

from core.models import EventDelivery
from envelopes.services import accept_envelope, cancel_envelope
from sla.reminders.models import InactivityCheck, Reminder
from sla.reminders.selectors import agenda_of
from sla.reminders.services import (
    arrange_reminders,
    cancel_reminder,
    check_idle_tickets,
    complete_reminder,
    create_reminder,
    snooze_reminder,
)
from tests.factories import AbsenceFactory, AgentFactory, EnvelopeFactory, TeamFactory, TicketFactory
from tests.sla.reminders.conftest import PROMISES, Desk
from tickets.models import Ticket
from tickets.services import (
    add_note,
    record_customer_message,
    reply_to_customer,
    resolve_ticket,
    resume_ticket,
    transfer_ownership,
    wait_for_customer,
)
from tickets.services.creation import Message

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def waits(desk: Desk, ticket: Ticket) -> None:
    reply_to_customer(ticket.pk, by=desk.mara, body_text="Is it on?")
    desk.later(minutes=1)
    wait_for_customer(ticket.pk, by=desk.mara)
    desk.settle()


def customer_writes(desk: Desk, ticket: Ticket) -> None:
    record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="Yes."))
    desk.settle()


def test_118_three_calendar_days_without_an_answer_are_brought_up_once(desk: Desk) -> None:
    ticket = desk.ticket()
    waits(desk, ticket)
    since = desk.now
    desk.at(since + 3 * DAY - timedelta(minutes=1))
    assert (desk.told(), agenda_of(desk.mara, now=desk.now).soon) == ([], []), "nothing is said of it before"
    desk.at(since + 3 * DAY)
    [row] = [each for each in agenda_of(desk.mara, now=desk.now).overdue if each.kind not in PROMISES]
    assert (row.kind, row.ticket, row.created_by) == ("no_customer_response", ticket, None)
    assert desk.told() == [f"{ticket.reference}: the customer has not answered for 3 days"]
    complete_reminder(row.pk, by=desk.mara)
    for _day in range(4):
        desk.later(days=1)
    assert Reminder.objects.filter(kind="no_customer_response").count() == 1
    assert desk.open() == []


def test_118_an_answer_takes_it_back_and_waiting_again_counts_anew(desk: Desk) -> None:
    ticket = desk.ticket()
    waits(desk, ticket)
    desk.later(days=3)
    customer_writes(desk, ticket)
    assert desk.open() == []
    desk.later(hours=1)
    waits(desk, ticket)
    since = desk.now
    desk.later(days=3)
    assert [row.cycle for row in desk.open("no_customer_response")] == [since.isoformat()]
    assert len(desk.told()) == 2


def test_118_what_happens_ends_the_reminder_that_nothing_does(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=5)
    desk.later(minutes=1)
    [row] = desk.open("stale_ticket")
    desk.later(hours=3)
    assert desk.open("stale_ticket") == [row]
    add_note(ticket.pk, by=desk.mara, body_text="Rang them up.")
    desk.settle()
    noted_at = desk.now
    desk.later(hours=1, minutes=1)
    assert desk.open() == []
    assert InactivityCheck.objects.get(ticket=ticket).due_at == noted_at + 5 * DAY, "not looked at in between"
    assert len(desk.told()) == 1


def test_118_who_says_done_is_left_alone_for_five_days(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=5)
    desk.later(minutes=1)
    [row] = desk.open("stale_ticket")
    complete_reminder(row.pk, by=desk.mara)
    desk.later(hours=1, minutes=1)
    assert InactivityCheck.objects.get(ticket=ticket).due_at == desk.now + 5 * DAY


def test_118_five_calendar_days_without_activity_are_brought_up_once(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=4)
    assert desk.open() == []
    desk.later(days=1)
    [row] = desk.open("stale_ticket")
    assert desk.told() == [f"{ticket.reference}: nothing has happened for 5 days"]
    complete_reminder(row.pk, by=desk.mara)
    for _day in range(12):
        desk.later(days=1)
    assert Reminder.objects.filter(kind="stale_ticket").count() == 1


def test_118_whatever_either_side_does_is_activity(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=4)
    add_note(ticket.pk, by=desk.mara, body_text="Asked the vendor.")
    desk.later(days=4)
    customer_writes(desk, ticket)
    last = desk.now
    desk.later(days=4, hours=23)
    assert desk.open() == []
    desk.at(last + 5 * DAY)
    assert [row.kind for row in desk.open()] == ["stale_ticket"]


def test_118_activity_after_it_takes_it_back_at_the_next_look_and_counts_anew(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=5)
    add_note(ticket.pk, by=desk.mara, body_text="Asked the vendor.")
    noted = desk.now
    desk.at(noted + 5 * DAY)
    [row] = desk.open("stale_ticket")
    assert row.cycle == noted.isoformat()


def test_105_what_waits_for_the_customer_is_not_called_idle(desk: Desk) -> None:
    ticket = desk.ticket()
    waits(desk, ticket)
    for _day in range(12):
        desk.later(days=1)
    assert [row.kind for row in desk.open()] == ["no_customer_response"]
    resume_ticket(ticket.pk, by=desk.mara)
    desk.settle()
    assert desk.open() == []


def test_calendar_days_are_counted_by_the_owners_clock_over_its_change(desk: Desk) -> None:
    desk.at(datetime(2026, 3, 27, 11, tzinfo=UTC))
    desk.ticket()
    desk.at(datetime(2026, 4, 1, 9, 59, tzinfo=UTC))
    assert desk.open() == []
    desk.at(datetime(2026, 4, 1, 10, tzinfo=UTC))
    assert [row.kind for row in desk.open()] == ["stale_ticket"]


def test_121_resolving_takes_the_desks_reminders_back_and_leaves_the_own_ones(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=5)
    assert [row.kind for row in desk.open()] == ["stale_ticket"]
    follow_up = create_reminder("follow_up", by=desk.mara, ticket_id=ticket.pk, trigger_at=desk.now + HOUR)
    check_in = create_reminder("check_in", by=desk.mara, ticket_id=ticket.pk)
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="New cable.")
    desk.settle()
    assert desk.open() == [follow_up, check_in]
    assert not InactivityCheck.objects.exists()
    [gone] = Reminder.objects.filter(kind="stale_ticket")
    assert (gone.status, gone.is_withdrawn, gone.ended_at) == ("cancelled", True, desk.now)
    desk.later(hours=24)
    assert [row.status for row in desk.open()] == ["triggered", "triggered"]


def test_what_was_dismissed_does_not_come_again_for_the_same_reason(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.later(days=5)
    [row] = desk.open("stale_ticket")
    cancel_reminder(row.pk, by=desk.mara)
    assert arrange_reminders(ticket.pk, now=desk.now) == 0
    desk.later(days=6)
    assert desk.open() == []


def test_033_the_owner_is_reminded_once_a_cycle_of_an_envelope_nobody_accepts(desk: Desk) -> None:
    ticket, team = desk.ticket(), TeamFactory()
    envelope = EnvelopeFactory(ticket=ticket, team=team)
    desk.later(hours=3, minutes=59)
    assert desk.open() == []
    desk.later(minutes=1)
    [row] = desk.open()
    assert (row.kind, row.status, desk.told()) == ("escalation_timeout", "pending", []), "the envelope's own news"
    desk.later(minutes=1)
    assert desk.open()[0].status == "triggered"
    complete_reminder(row.pk, by=desk.mara)
    desk.later(hours=5)
    assert Reminder.objects.filter(kind="escalation_timeout").count() == 1
    accept_envelope(envelope.pk, by=AgentFactory(teams=[team]))


@pytest.mark.parametrize("is_accepted", [True, False])
def test_033_it_goes_when_the_envelope_is_answered_or_withdrawn(desk: Desk, is_accepted: bool) -> None:
    team = TeamFactory()
    envelope = EnvelopeFactory(ticket=desk.ticket(), team=team)
    desk.later(hours=4)
    desk.later(minutes=1)
    assert [row.status for row in desk.open()] == ["triggered"]
    if is_accepted:
        accept_envelope(envelope.pk, by=AgentFactory(teams=[team]))
    else:
        cancel_envelope(envelope.pk, by=desk.mara, reason="Found it.")
    desk.settle()
    assert desk.open() == []


def test_they_follow_the_ticket_to_its_new_owner_and_the_own_ones_stay(desk: Desk) -> None:
    ticket = desk.ticket()
    own = create_reminder("follow_up", by=desk.mara, ticket_id=ticket.pk, trigger_at=desk.now + 6 * DAY)
    desk.later(days=5)
    [row] = desk.open("stale_ticket")
    admin = AgentFactory(roles=["admin"])
    desk.mara.employment_ended_on = desk.mara.today(desk.now) - DAY
    desk.mara.save()
    jonas = AgentFactory(teams=[ticket.team])
    transfer_ownership(
        ticket.pk, new_owner=jonas, by=admin, reason_code="termination", reason="She has left; Jonas goes on with it."
    )
    desk.settle()
    assert (desk.open(of=jonas), desk.open()) == ([row], [own])


def test_the_deputy_of_an_absent_owner_sees_and_handles_what_the_desk_reminds_of(desk: Desk) -> None:
    ticket = desk.ticket()
    dora = AgentFactory(name="Dora Lang")
    AbsenceFactory(agent=desk.mara, deputy=dora)
    desk.later(days=5)
    [row] = [each for each in agenda_of(dora, now=desk.now).overdue if each.kind not in PROMISES]
    assert (row.kind, row.agent, desk.told(dora)) == ("stale_ticket", desk.mara, desk.told())
    assert desk.told(dora) == [f"{ticket.reference}: nothing has happened for 5 days"]
    snooze_reminder(row.pk, by=dora)
    assert complete_reminder(row.pk, by=dora) is None
    assert row.history.latest("history_id").actor_name == "Dora Lang"


def test_arranging_twice_is_as_arranging_once(desk: Desk) -> None:
    ticket = desk.ticket()
    waits(desk, ticket)
    before = list(Reminder.objects.values_list("pk", "version"))
    assert arrange_reminders(ticket.pk, now=desk.now) == 0
    assert list(Reminder.objects.values_list("pk", "version")) == before


def test_a_delivery_that_comes_twice_or_late_changes_nothing(desk: Desk) -> None:
    ticket = desk.ticket()
    waits(desk, ticket)
    customer_writes(desk, ticket)
    EventDelivery.objects.filter(receiver__startswith="sla.reminders").update(done_at=None, due_at=desk.now)
    desk.settle()
    assert desk.open() == []


def test_nobody_is_reminded_of_what_nobody_owns(desk: Desk) -> None:
    TicketFactory(team=desk.mara.teams.get())
    desk.later(days=6)
    assert not Reminder.objects.exists()
    assert not InactivityCheck.objects.exists()


def test_looking_for_idle_tickets_costs_nothing_while_none_is_due(desk: Desk, django_assert_num_queries) -> None:
    for _each in range(3):
        desk.ticket()
    with django_assert_num_queries(1):
        assert check_idle_tickets(now=desk.now) == 0
