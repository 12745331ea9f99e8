"""What is promised to the customer, from the ticket's beginning to its end (domain.md section 9)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import BusinessCalendar, Holiday
from core.timers import run_all
from sla import services
from sla.enums import Metric
from sla.events import ClockBreached
from sla.models import ClockFact, SlaClock, SlaPolicy
from tests.factories import AgentFactory, CompanyFactory, ContactFactory, TeamFactory
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, due_of, minutes, travel
from tickets.enums import OutboundKind
from tickets.models import Category, Ticket, TimelineEntry
from tickets.services import (
    add_flag,
    cancel_ticket,
    change_requester,
    change_team,
    clear_flag,
    edit_ticket,
    merge_ticket,
    queue_system_message,
    record_customer_message,
    reopen_ticket,
    resolve_ticket,
    resume_ticket,
    transfer_ownership,
    unmerge_ticket,
    wait_for_customer,
)
from tickets.services.conversation import undo_message
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In Berlin, in the week of `MONDAY_NINE`; 0 is Monday."""
    return datetime(2026, 3, 2, hour - 1, minute, tzinfo=UTC) + timedelta(days=day)


def customer_writes(ticket: Ticket, moment: datetime) -> None:
    with travel(moment):
        record_customer_message(ticket.pk, by=ticket.requester, message=Message(body_text="And now?"))


def waits(desk: Desk, ticket: Ticket, moment: datetime) -> None:
    desk.answer(ticket, moment - minutes(1))
    with travel(moment):
        wait_for_customer(ticket.pk, by=desk.owner)


def resolved(desk: Desk, ticket: Ticket, moment: datetime) -> None:
    with travel(moment):
        resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Port 7.")


def test_079_critical_of_friday_evening_is_due_on_monday_morning(desk: Desk) -> None:
    ticket = desk.ticket(datetime(2026, 3, 6, 16, 30, tzinfo=UTC), owned=False, priority="critical")
    assert due_of(ticket) == datetime(2026, 3, 9, 7, 30, tzinfo=UTC), "Friday 17:30 to Monday 08:30"
    assert clock_of(ticket, Metric.RESOLUTION).due_at == due_of(ticket)


def test_a_ticket_begins_with_what_its_priority_is_promised(desk: Desk) -> None:
    ticket = desk.ticket(owned=False)
    found = {clock.metric: (clock.target_minutes, clock.due_at) for clock in SlaClock.objects.filter(ticket=ticket)}
    assert found == {
        "first_response": (120, MONDAY_NINE + minutes(120)),
        "resolution": (480, MONDAY_NINE + minutes(480)),
        "time_to_value": (480, MONDAY_NINE + minutes(480)),
    }
    assert ClockFact.objects.filter(ticket=ticket).count() == 1


def test_080_waiting_for_the_customer_moves_the_due_date_and_nothing_is_missed_meanwhile(desk: Desk) -> None:
    ticket = desk.ticket()
    waits(desk, ticket, at(0, 10))
    assert clock_of(ticket, Metric.RESOLUTION).state == "paused"
    assert run_all(now=at(4, 12)).counts["clocks_breached"] == 0
    with travel(at(0, 13)):
        resume_ticket(ticket.pk, by=desk.owner)
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.state, clock.due_at, clock.breached_at) == ("running", at(0, 17) + timedelta(hours=15 + 2), None)
    assert due_of(ticket) == clock.due_at == at(1, 10), "eight hours from nine, and three more"


def test_resolved_while_the_customer_was_to_answer_it_was_due_later_by_that(desk: Desk) -> None:
    ticket = desk.ticket(priority="critical")
    desk.answer(ticket, MONDAY_NINE + minutes(30), then="wait_for_customer")
    with travel(MONDAY_NINE + minutes(100)):
        resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Done.")
    clock = clock_of(ticket, "resolution")
    assert (clock.due_at, clock.completed_at) == (MONDAY_NINE + minutes(130), MONDAY_NINE + minutes(100))
    assert clock.breached_at is None
    assert due_of(ticket) == clock.due_at


def test_081_raised_to_critical_the_clock_keeps_its_start_and_its_pause(
    desk: Desk, always_open: BusinessCalendar
) -> None:
    ten = at(0, 10)
    ticket = desk.ticket(ten, priority="low")
    waits(desk, ticket, ten + minutes(10))
    with travel(ten + minutes(30)):
        resume_ticket(ticket.pk, by=desk.owner)
    desk.raise_to("critical", ticket, ten + minutes(40))
    assert due_of(ticket) == ten + minutes(80), "11:20"
    assert clock_of(ticket, Metric.RESOLUTION).breached_at is None


def test_a_target_that_lies_in_the_past_is_missed_at_the_change(desk: Desk) -> None:
    ticket = desk.ticket(priority="low")
    desk.raise_to("critical", ticket, at(0, 11))
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.due_at, clock.breached_at, clock.breached_by_retarget) == (at(0, 10), at(0, 11), True)
    assert TimelineEntry.objects.get(ticket=ticket, facts__metric="resolution").facts["by_retarget"]


def test_082_a_breach_stays_recorded_whatever_the_priority_becomes(desk: Desk) -> None:
    ticket = desk.ticket(priority="critical")
    assert services.note_missed(now=at(0, 12)) == 2, "first response, and resolution with value"
    desk.raise_to("low", ticket, at(0, 13))
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.breached_at, clock.breached_by_retarget, clock.target_minutes) == (at(0, 10), False, 1440)
    assert clock.due_at == at(2, 13)
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        SlaClock.objects.filter(pk=clock.pk).update(breached_at=None)


def test_083_a_holiday_counts_nothing_and_a_half_day_its_window(desk: Desk) -> None:
    calendar = BusinessCalendar.objects.get(is_default=True)
    Holiday.objects.create(calendar=calendar, on=date(2026, 3, 3), name="Fair")
    Holiday.objects.create(
        calendar=calendar, on=date(2026, 3, 4), name="Eve", is_half_day=True, start_minute=480, end_minute=720
    )
    ticket = desk.ticket(at(0, 17))
    assert due_of(ticket) == at(3, 11), "one hour today, none on the fair, four on the eve, three more"


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)])
def test_084_a_day_of_a_calendar_that_never_shuts_has_86400_seconds_also_over_a_clock_change(
    desk: Desk, always_open: BusinessCalendar, day: datetime
) -> None:
    ticket = desk.ticket(day, priority="low")
    assert due_of(ticket) == day + timedelta(seconds=86_400)


def test_085_an_acknowledgement_is_no_answer_and_the_owners_reply_is(desk: Desk) -> None:
    ticket = desk.ticket()
    with travel(at(0, 9, 5)):
        queue_system_message(ticket.pk, kind=OutboundKind.ACKNOWLEDGEMENT, body_text="We have it.")
    assert clock_of(ticket, Metric.FIRST_RESPONSE).state == "running"
    desk.answer(ticket, at(0, 10))
    clock = clock_of(ticket, Metric.FIRST_RESPONSE)
    assert (clock.state, clock.completed_at, clock.elapsed_seconds) == ("completed", at(0, 10), 3600)
    assert clock_of(ticket, Metric.RESOLUTION).state == "running"


def test_a_reply_that_is_taken_back_before_it_is_sent_was_no_answer(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.answer(ticket, at(0, 10))
    message = ticket.outbound_messages.get()
    with travel(at(0, 10)):
        undo_message(message.pk, by=desk.owner)
    clock = clock_of(ticket, Metric.FIRST_RESPONSE)
    assert (clock.state, clock.due_at, clock.completed_at) == ("running", at(0, 11), None)
    assert services.note_missed(now=at(0, 11)) == 1


def test_086_the_next_response_counts_from_the_first_unanswered_message(desk: Desk) -> None:
    ticket = desk.ticket()
    customer_writes(ticket, at(0, 9, 30))
    assert not SlaClock.objects.filter(ticket=ticket, metric=Metric.NEXT_RESPONSE).exists(), "the first is still owed"
    desk.answer(ticket, at(0, 10))
    customer_writes(ticket, at(0, 11))
    customer_writes(ticket, at(0, 12))
    assert clock_of(ticket, Metric.NEXT_RESPONSE).started_at == at(0, 11)
    desk.answer(ticket, at(0, 12, 30))
    assert clock_of(ticket, Metric.NEXT_RESPONSE).completed_at == at(0, 12, 30)
    customer_writes(ticket, at(0, 14))
    second = clock_of(ticket, Metric.NEXT_RESPONSE, cycle=2)
    assert (second.started_at, second.due_at, second.state) == (at(0, 14), at(0, 16), "running")


def test_087_reopened_the_work_resumes_with_what_was_used_and_a_breach_stays(desk: Desk) -> None:
    ticket, late = desk.ticket(), desk.ticket(priority="critical")
    resolved(desk, ticket, at(0, 12))
    resolved(desk, late, at(0, 12))
    assert clock_of(ticket, Metric.RESOLUTION).elapsed_seconds == 3 * 3600
    for each in (ticket, late):
        with travel(at(0, 14)):
            reopen_ticket(each.pk, by=desk.owner)
    assert due_of(ticket) == at(0, 17) + timedelta(hours=16), "nine to five, and two hours, of which one is tomorrow's"
    assert (clock_of(late, Metric.RESOLUTION).breached_at, clock_of(late, Metric.RESOLUTION).state) == (
        at(0, 10),
        "running",
    )


def test_088_reopened_the_value_is_not_delivered_and_its_clock_counts_what_lay_between(desk: Desk) -> None:
    ticket = desk.ticket()
    resolved(desk, ticket, at(0, 12))
    assert clock_of(ticket, Metric.TIME_TO_VALUE).state == "completed"
    with travel(at(0, 14)):
        reopen_ticket(ticket.pk, by=desk.owner)
    clock = clock_of(ticket, Metric.TIME_TO_VALUE)
    assert Ticket.objects.get(pk=ticket.pk).value_delivered_at is None
    assert (clock.state, clock.due_at, clock.completed_at) == ("running", at(0, 17), None)
    resolved(desk, ticket, at(0, 15))
    assert clock_of(ticket, Metric.TIME_TO_VALUE).elapsed_seconds == 6 * 3600


def test_089_a_vips_ticket_has_the_targets_of_the_next_higher_priority(desk: Desk) -> None:
    ticket = desk.ticket(requester=ContactFactory(tier="vip"))
    assert (Ticket.objects.get(pk=ticket.pk).priority, due_of(ticket)) == ("medium", MONDAY_NINE + minutes(240))
    critical = desk.ticket(requester=ContactFactory(tier="vip"), priority="critical")
    assert due_of(critical) == MONDAY_NINE + minutes(60), "critical stays, and once is enough"


def test_114_a_flag_of_social_media_upgrades_and_cleared_it_does_not(desk: Desk) -> None:
    ticket = desk.ticket()
    with travel(at(0, 9, 30)):
        flag = add_flag(ticket.pk, by=desk.owner, type="social_media", reason="It is shared a lot.")
    assert due_of(ticket) == MONDAY_NINE + minutes(240)
    with travel(at(0, 9, 40)):
        clear_flag(flag.pk, by=desk.owner, reason="Nobody shares it.")
    assert due_of(ticket) == MONDAY_NINE + minutes(480)


def policy(name: str, resolution: int, **match: Any) -> SlaPolicy:
    return SlaPolicy.objects.create(name=name, resolution_minutes=resolution, **match)


def test_090_the_most_specific_active_policy_applies_by_order(desk: Desk) -> None:
    company = CompanyFactory(tier="premium")
    policy("All incidents", 30, order=1, ticket_type="incident")
    policy("Premium", 31, order=50, customer_tier="premium")
    policy("Acme, high", 32, order=90, company=company, priority="high")
    policy("Acme, later", 33, order=95, company=company)
    policy("Acme, switched off", 34, order=1, company=company, is_active=False)

    def promised(**values: Any) -> int:
        return clock_of(desk.ticket(owned=False, **values), Metric.RESOLUTION).target_minutes

    of_acme = {"requester": ContactFactory(company=company)}
    assert promised(**of_acme, priority="high") == 32
    assert promised(**of_acme) == 33
    assert promised(requester=ContactFactory(tier="premium")) == 31
    assert promised() == 30
    assert promised(type="service_request", priority="low") == 1440


def test_090_what_decides_about_the_policy_may_change(desk: Desk) -> None:
    company, other = CompanyFactory(), TeamFactory()
    policy("Acme", 33, order=5, company=company)
    policy("Storage", 35, order=1, team=other)
    lead = desk.supervisor
    ticket = desk.ticket(owned=False)
    with travel(at(0, 9, 1)):
        change_team(ticket.pk, by=lead, team=other)
    assert clock_of(ticket, Metric.RESOLUTION).target_minutes == 35
    colleague = ContactFactory(company=company, tier="vip")
    asked = desk.ticket(requester=ContactFactory(company=company))
    SlaPolicy.objects.filter(name="Acme").update(customer_tier="vip")
    with travel(at(0, 9, 2)):
        change_requester(asked.pk, by=desk.owner, email=colleague.email)
    assert clock_of(asked, Metric.RESOLUTION).target_minutes == 33
    categorised = desk.ticket()
    category = Category.objects.create(name="Mail")
    policy("Mail", 36, order=1, category=category)
    version = Ticket.objects.values_list("version", flat=True).get(pk=categorised.pk)
    with travel(at(0, 9, 3)):
        edit_ticket(categorised.pk, by=desk.owner, version=version, category=category)
    assert clock_of(categorised, Metric.RESOLUTION).target_minutes == 36


def test_091_after_an_edit_running_clocks_are_counted_anew_and_completed_ones_stay(desk: Desk) -> None:
    done, running, paused = (desk.ticket(at(0, 16)) for _number in range(3))
    resolved(desk, done, at(0, 16, 30))
    waits(desk, paused, at(0, 16, 30))
    assert run_all(now=at(0, 17)).failed == []
    before = clock_of(done, Metric.RESOLUTION)
    calendar = BusinessCalendar.objects.get(is_default=True)
    Holiday.objects.create(calendar=calendar, on=date(2026, 3, 3), name="Fair")
    SlaPolicy.objects.filter(name="Medium").update(resolution_minutes=600)
    run = run_all(now=at(0, 17, 30))
    assert (run.failed, run.counts["terms_followed"]) == ([], 3)
    assert due_of(running) == at(2, 16), "two hours today, none tomorrow, eight on Wednesday"
    found = clock_of(paused, Metric.RESOLUTION)
    assert (found.state, found.due_at) == ("paused", at(2, 16))
    after = clock_of(done, Metric.RESOLUTION)
    assert (after.due_at, after.target_minutes, after.hours_id) == (before.due_at, 480, before.hours_id)
    assert run_all(now=at(0, 17, 31)).counts["terms_followed"] == 0


def test_a_policy_that_is_not_retroactive_leaves_alone_what_runs(desk: Desk) -> None:
    SlaPolicy.objects.filter(name="Critical").update(retroactive=False)
    ticket = desk.ticket()
    desk.raise_to("critical", ticket, at(0, 9, 30))
    assert due_of(ticket) == MONDAY_NINE + minutes(480)
    desk.answer(ticket, at(0, 10))
    customer_writes(ticket, at(0, 11))
    assert clock_of(ticket, Metric.NEXT_RESPONSE).target_minutes == 15, "what begins now is under it"


def test_a_customers_new_tier_is_followed(desk: Desk) -> None:
    from accounts.services.customers import edit_contact

    ticket, other = desk.ticket(), desk.ticket()
    run_all(now=at(0, 9))
    with travel(at(0, 9, 30)):
        edit_contact(ticket.requester_id, by=desk.manager, tier="vip")
    assert run_all(now=at(0, 9, 31)).failed == []
    assert (due_of(ticket), due_of(other)) == (MONDAY_NINE + minutes(240), MONDAY_NINE + minutes(480))


def test_017_a_transfer_leaves_clocks_and_due_dates_alone(desk: Desk) -> None:
    ticket = desk.ticket()
    before = list(SlaClock.objects.filter(ticket=ticket).order_by("pk").values())
    heir = AgentFactory(teams=[desk.team])
    desk.owner.employment_ended_on = MONDAY_NINE.date()
    desk.owner.save()
    with travel(at(0, 12)):
        reason = "The colleague has left the company for good."
        transfer_ownership(ticket.pk, new_owner=heir, reason_code="termination", reason=reason, by=desk.supervisor)
    assert list(SlaClock.objects.filter(ticket=ticket).order_by("pk").values()) == before
    assert due_of(ticket) == MONDAY_NINE + minutes(480)


def test_cancelled_with_the_ticket_and_going_on_after_a_merge_is_undone(desk: Desk) -> None:
    contact = ContactFactory()
    ticket, target = desk.ticket(requester=contact), desk.ticket(requester=contact)
    with travel(at(0, 10)):
        merge_ticket(ticket.pk, into=target, by=desk.owner)
    assert set(SlaClock.objects.filter(ticket=ticket).values_list("state", flat=True)) == {"cancelled"}
    with travel(at(0, 12)):
        unmerge_ticket(ticket.pk, by=desk.owner)
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.state, clock.due_at) == ("running", at(0, 17) + timedelta(hours=16))


def test_a_cancelled_ticket_misses_nothing(desk: Desk) -> None:
    ticket = desk.ticket(owned=False)
    with travel(at(0, 10)):
        cancel_ticket(ticket.pk, by=desk.owner, code="spam")
    assert services.note_missed(now=at(4, 12)) == 0


def test_a_breach_is_told_once_with_the_moment_it_was_due(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    from core import events

    monkeypatch.setitem(events._at_once, ClockBreached, [told.append])
    ticket = desk.ticket(priority="critical")
    assert services.note_missed(now=at(0, 9, 14)) == 0
    assert services.note_missed(now=at(0, 9, 15)) == 1
    assert services.note_missed(now=at(0, 9, 16)) == 0
    (event,) = told
    assert (event.ticket_id, event.metric, event.occurred_at) == (ticket.pk, "first_response", at(0, 9, 15))
    (entry,) = TimelineEntry.objects.filter(ticket=ticket, kind="sla_event")
    assert (entry.visibility, entry.facts["metric"]) == ("internal", "first_response")
    desk.answer(ticket, at(0, 10, 30))  # too late, and late for the resolution, which nobody has noted yet
    assert [event.metric for event in told] == ["first_response", "resolution", "time_to_value"]
    assert clock_of(ticket, Metric.FIRST_RESPONSE).breached_at == at(0, 9, 15)


def test_after_downtime_everything_is_caught_up_with_its_own_moment(desk: Desk) -> None:
    tickets = [desk.ticket(MONDAY_NINE + minutes(number)) for number in range(3)]
    assert run_all(now=at(3, 12)).counts["clocks_breached"] == 6
    for number, ticket in enumerate(tickets):
        assert clock_of(ticket, Metric.RESOLUTION).breached_at == MONDAY_NINE + minutes(480 + number)
