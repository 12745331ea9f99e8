"""What colleagues promise each other: in their own hours, apart from what the customer is promised."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import Agent, BusinessCalendar, CalendarWindow, Team
from accounts.services import change_agent
from core.timers import run_all
from envelopes.models import Envelope
from envelopes.services import (
    accept_envelope,
    cancel_envelope,
    complete_envelope,
    redirect_envelope,
    release_envelope,
    reopen_envelope,
)
from sla.enums import Metric
from sla.models import SlaClock, SlaPolicy, TermsWalk
from sla.selectors import nearest_clocks
from sla.services import follow_new_terms, pause_clocks, resume_clocks
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory
from tests.sla.conftest import MONDAY_NINE, Desk, clock_of, due_of, minutes, travel
from tickets.models import Ticket, TimelineEntry
from tickets.services import resume_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def late_shift(db: None) -> Team:
    """There from 12:00 to 20:00."""
    calendar = BusinessCalendar.objects.create(name="Late shift")
    for weekday in range(5):
        CalendarWindow.objects.create(calendar=calendar, weekday=weekday, start_minute=720, end_minute=1200)
    team: Team = TeamFactory(name="Late shift", calendar=calendar)
    return team


@pytest.fixture
def expert(late_shift: Team) -> Agent:
    agent: Agent = AgentFactory(teams=[late_shift])
    return agent


def asked(desk: Desk, ticket: Ticket, team: Team) -> Envelope:
    with travel(MONDAY_NINE):
        envelope: Envelope = EnvelopeFactory(ticket=ticket, team=team)
    return envelope


def of_help(envelope: Envelope, metric: str, cycle: int = 1) -> SlaClock:
    return SlaClock.objects.get(envelope=envelope, metric=metric, cycle=cycle)


def test_094_help_is_counted_in_the_hours_of_the_asked_team_and_apart(
    desk: Desk, late_shift: Team, expert: Agent
) -> None:
    ticket = desk.ticket(priority="low")
    envelope = asked(desk, ticket, late_shift)
    clock = of_help(envelope, Metric.OLA_RESPONSE)
    assert clock.due_at == MONDAY_NINE + minutes(180 + 240), "four hours from noon on"
    assert Envelope.objects.get(pk=envelope.pk).response_due_at == clock.due_at
    assert not SlaClock.objects.of_customer().filter(envelope=envelope).exists()
    assert run_all(now=MONDAY_NINE + timedelta(hours=8)).failed == []
    missed = of_help(envelope, Metric.OLA_RESPONSE)
    assert missed.breached_at == missed.due_at
    indicator, shown = nearest_clocks([ticket.pk], MONDAY_NINE + timedelta(hours=8))[ticket.pk]
    assert (shown.envelope_id, indicator) == (None, "breached"), "by the first response, not by what helpers missed"
    inside = TimelineEntry.objects.filter(ticket=ticket, facts__event="sla_missed", facts__metric="ola_response")
    assert [entry.visibility for entry in inside] == ["envelope_only"]


def test_094_a_team_given_another_calendar_helps_in_its_hours_from_now_on(desk: Desk, late_shift: Team) -> None:
    envelope = asked(desk, desk.ticket(priority="low"), late_shift)
    before = of_help(envelope, Metric.OLA_RESPONSE).due_at
    for calendar in (None, late_shift.calendar):
        Team.objects.filter(pk=late_shift.pk).update(calendar=calendar)
        with travel(MONDAY_NINE + minutes(10)):
            run_all()
        is_as_before = of_help(envelope, Metric.OLA_RESPONSE).due_at == before
        assert is_as_before == (calendar is not None)


def test_094_a_person_asked_alone_helps_in_the_hours_of_their_team_whichever_that_is(
    desk: Desk, late_shift: Team, expert: Agent
) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    change_agent(expert.pk, by=admin, primary_team=late_shift)
    with travel(MONDAY_NINE):
        envelope = EnvelopeFactory(ticket=desk.ticket(priority="low"), team=None, assigned_to=expert)
        others = EnvelopeFactory(ticket=desk.ticket(priority="low"), team=late_shift)
    before = of_help(envelope, Metric.OLA_RESPONSE).due_at
    assert before == MONDAY_NINE + minutes(180 + 240), "four hours from noon on"
    for primary_team, due_at in ((TeamFactory(), MONDAY_NINE + minutes(240)), (None, None), (late_shift, before)):
        with travel(MONDAY_NINE + minutes(10)):
            change_agent(expert.pk, by=admin, primary_team=primary_team)
            assert run_all().failed == []
        due_at = due_at or MONDAY_NINE + minutes(240)
        assert of_help(envelope, Metric.OLA_RESPONSE).due_at == due_at
        assert Envelope.objects.get(pk=envelope.pk).response_due_at == due_at
    assert of_help(others, Metric.OLA_RESPONSE).due_at == before
    walks = TermsWalk.objects.filter(agent=expert)
    assert (walks.count(), walks.filter(ended_at__isnull=True).count()) == (4, 0)


def test_a_walk_after_another_team_passes_only_tickets_on_which_its_person_is_asked_alone(
    desk: Desk, late_shift: Team, expert: Agent
) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    with travel(MONDAY_NINE):
        alone, asked_with_team, _not_asked = desk.ticket(), desk.ticket(), desk.ticket()
        EnvelopeFactory(ticket=alone, team=None, assigned_to=expert)
        EnvelopeFactory(ticket=asked_with_team, team=late_shift)
    while follow_new_terms(now=MONDAY_NINE):
        pass
    change_agent(expert.pk, by=admin, primary_team=late_shift)
    assert follow_new_terms(now=MONDAY_NINE + timedelta(hours=1)) == 1
    assert not TermsWalk.objects.filter(ended_at__isnull=True).exists()


def test_a_person_who_stays_in_their_team_starts_no_walk(desk: Desk, expert: Agent) -> None:
    change_agent(expert.pk, by=AgentFactory(roles=[Role.ADMIN]), name="Other Name", primary_team=expert.primary_team)
    assert not TermsWalk.objects.filter(agent=expert).exists()


def test_031_an_open_envelope_does_not_stop_what_the_customer_is_promised(desk: Desk, late_shift: Team) -> None:
    ticket = desk.ticket()
    asked(desk, ticket, late_shift)
    assert Ticket.objects.get(pk=ticket.pk).status == "waiting_internal"
    run_all(now=MONDAY_NINE + timedelta(hours=6))
    clock = clock_of(ticket, Metric.RESOLUTION)
    assert (clock.state, clock.due_at, clock.breached_at) == ("running", MONDAY_NINE + minutes(480), None)
    run_all(now=MONDAY_NINE + timedelta(hours=9))
    assert clock_of(ticket, Metric.RESOLUTION).breached_at == MONDAY_NINE + minutes(480)


def test_help_is_due_no_later_than_what_it_is_for_and_follows_it(desk: Desk, late_shift: Team, expert: Agent) -> None:
    ticket = desk.ticket()
    envelope = asked(desk, ticket, late_shift)
    with travel(MONDAY_NINE + minutes(200)):
        accept_envelope(envelope.pk, by=expert)
    assert of_help(envelope, Metric.OLA_RESPONSE).completed_at == MONDAY_NINE + minutes(200)
    due = MONDAY_NINE + minutes(480)
    assert of_help(envelope, Metric.OLA_COMPLETION).due_at == due == due_of(ticket)
    desk.raise_to("high", ticket, MONDAY_NINE + minutes(220))
    due = MONDAY_NINE + minutes(240)
    assert of_help(envelope, Metric.OLA_COMPLETION).due_at == due == due_of(ticket)
    assert Envelope.objects.get(pk=envelope.pk).completion_due_at == due


def test_while_the_customer_is_waited_for_the_completion_stands_still(
    desk: Desk, late_shift: Team, expert: Agent
) -> None:
    ticket = desk.ticket(priority="low")
    with travel(MONDAY_NINE):
        envelope = EnvelopeFactory(ticket=ticket, team=late_shift, is_blocking=False)
    with travel(MONDAY_NINE + minutes(180)):
        accept_envelope(envelope.pk, by=expert)
    before = of_help(envelope, Metric.OLA_COMPLETION).due_at
    desk.answer(ticket, MONDAY_NINE + minutes(240), then="wait_for_customer")
    assert of_help(envelope, Metric.OLA_COMPLETION).state == "paused"
    with travel(MONDAY_NINE + minutes(300)):
        resume_ticket(ticket.pk, by=desk.owner)
    clock = of_help(envelope, Metric.OLA_COMPLETION)
    assert (clock.state, clock.due_at) == ("running", before + minutes(60))
    assert Envelope.objects.get(pk=envelope.pk).completion_due_at == clock.due_at


def test_while_the_customers_promise_stands_still_it_limits_no_help(
    desk: Desk, late_shift: Team, expert: Agent
) -> None:
    late_shift.calendar = None
    late_shift.save()
    ticket = desk.ticket()
    with travel(MONDAY_NINE + minutes(60)):
        envelope = EnvelopeFactory(ticket=ticket, team=late_shift)
        accept_envelope(envelope.pk, by=expert)
    limit = MONDAY_NINE + minutes(480)
    assert of_help(envelope, Metric.OLA_COMPLETION).due_at == limit
    until = MONDAY_NINE + timedelta(days=4)
    with travel(MONDAY_NINE + minutes(120)):
        pause_clocks(ticket.pk, by=desk.supervisor, reason="vendor", until=until)
    own = MONDAY_NINE + timedelta(days=2, hours=5)
    clock = of_help(envelope, Metric.OLA_COMPLETION)
    assert (clock.state, clock.due_at) == ("running", own), "1440 minutes of its own, from ten on"
    assert Envelope.objects.get(pk=envelope.pk).completion_due_at == own
    with travel(MONDAY_NINE + minutes(121)):
        later = EnvelopeFactory(ticket=ticket, team=late_shift)
    assert Envelope.objects.get(pk=later.pk).response_due_at == of_help(later, Metric.OLA_RESPONSE).due_at
    run_all(now=MONDAY_NINE + minutes(481))
    assert of_help(envelope, Metric.OLA_COMPLETION).breached_at is None
    with travel(MONDAY_NINE + minutes(490)):
        resume_clocks(ticket.pk, by=desk.supervisor)
    due = MONDAY_NINE + timedelta(days=1, minutes=250)
    assert of_help(envelope, Metric.OLA_COMPLETION).due_at == due == due_of(ticket), "as before"


@pytest.mark.parametrize("is_paused", [True, False])
def test_094_without_a_policy_either_help_is_never_due_before_it_was_asked_for(desk: Desk, is_paused: bool) -> None:
    SlaPolicy.objects.exclude(kind="sla").update(is_active=False)
    ticket = desk.ticket()
    if is_paused:
        desk.answer(ticket, MONDAY_NINE + minutes(10), then="wait_for_customer")
    tuesday = MONDAY_NINE + timedelta(days=1, minutes=180)
    with travel(tuesday):
        envelope = EnvelopeFactory(ticket=ticket, team=TeamFactory())
    assert Envelope.objects.get(pk=envelope.pk).response_due_at == tuesday + minutes(240)


def test_given_back_it_runs_on_and_opened_again_it_begins_anew(desk: Desk, late_shift: Team, expert: Agent) -> None:
    ticket = desk.ticket(priority="low")
    envelope = asked(desk, ticket, late_shift)
    with travel(MONDAY_NINE + minutes(180)):
        accept_envelope(envelope.pk, by=expert)
    started = of_help(envelope, Metric.OLA_COMPLETION).started_at
    with travel(MONDAY_NINE + minutes(190)):
        release_envelope(envelope.pk, by=expert, reason="No time")
    other = TeamFactory()
    with travel(MONDAY_NINE + minutes(195)):
        redirect_envelope(envelope.pk, by=desk.owner, team=other)
    clock = of_help(envelope, Metric.OLA_COMPLETION)
    assert (clock.started_at, clock.state) == (started, "running")
    assert clock.hours.calendar.is_default, "counted in the hours of who is asked now"
    helper = AgentFactory(teams=[other])
    with travel(MONDAY_NINE + minutes(200)):
        accept_envelope(envelope.pk, by=helper)
        complete_envelope(envelope.pk, by=helper, summary="Port 7.")
    assert of_help(envelope, Metric.OLA_COMPLETION).state == "completed"
    with travel(MONDAY_NINE + minutes(260)):
        reopen_envelope(envelope.pk, by=desk.owner)
    assert of_help(envelope, Metric.OLA_COMPLETION, cycle=2).started_at == MONDAY_NINE + minutes(260)
    with travel(MONDAY_NINE + minutes(270)):
        cancel_envelope(envelope.pk, by=desk.owner, reason="Solved")
    assert of_help(envelope, Metric.OLA_COMPLETION, cycle=2).state == "cancelled"


def test_a_vendor_is_held_to_its_contract(desk: Desk, late_shift: Team) -> None:
    SlaPolicy.objects.create(
        name="Vendor", kind="underpinning", ola_response_minutes=30, ola_completion_minutes=60, team=late_shift
    )
    ticket = desk.ticket()
    with travel(MONDAY_NINE):
        of_vendor: Any = EnvelopeFactory(
            ticket=ticket, team=late_shift, kind="external_vendor", vendor_addresses=["vera@vendor.test"]
        )
        of_colleagues = EnvelopeFactory(ticket=ticket, team=late_shift)
    assert [of_help(each, Metric.OLA_RESPONSE).target_minutes for each in (of_vendor, of_colleagues)] == [30, 240]


def test_094_the_api_tells_helpers_promises_to_readers_of_the_envelope_alone(
    desk: Desk, late_shift: Team, expert: Agent
) -> None:
    ticket = desk.ticket()
    envelope = asked(desk, ticket, late_shift)
    with travel(MONDAY_NINE + minutes(190)):
        accept_envelope(envelope.pk, by=expert)
    colleague = AgentFactory(teams=[desk.team])

    def metrics(person: Agent) -> set[str]:
        client = Client()
        client.force_login(person.user)
        answer = client.get(f"/api/v1/tickets/{ticket.reference}/clocks/")
        return {row["metric"] for row in answer.json()["results"]}

    own = {"first_response", "resolution", "time_to_value"}
    assert metrics(colleague) == own
    assert metrics(desk.owner) == metrics(expert) == own | {"ola_response", "ola_completion"}


def test_what_the_ticket_is_due_by_limits_help_that_no_policy_promises_too(desk: Desk) -> None:
    """As long as it lies ahead and does not stand still."""
    SlaPolicy.objects.filter(kind="ola").update(is_active=False)
    running, paused = desk.ticket(), desk.ticket()
    desk.answer(paused, MONDAY_NINE + minutes(10), then="wait_for_customer")
    asked = MONDAY_NINE + minutes(300)
    due = {}
    for ticket in (running, paused):
        with travel(asked):
            envelope = EnvelopeFactory(ticket=Ticket.objects.get(pk=ticket.pk), team=TeamFactory())
        due[ticket.pk] = Envelope.objects.get(pk=envelope.pk).response_due_at
    assert due == {running.pk: MONDAY_NINE + minutes(480), paused.pk: asked + minutes(240)}
