"""Whose hours count for what an envelope promises (domain.md section 5): those of who is asked, never those of the
ticket's own team, and after a redirect those of who is asked then.
"""

from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import BusinessCalendar, CalendarWindow, Holiday, Team
from envelopes import services
from tests.envelopes.conftest import MONDAY_NINE, Scene, now_of
from tests.factories import AgentFactory, EnvelopeFactory, TeamFactory
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def at(day: int, hour: int) -> datetime:
    """In Berlin, in the week of `MONDAY_NINE`; 0 is Monday."""
    return MONDAY_NINE + timedelta(days=day, hours=hour - 9)


def works(name: str, first: int, last: int) -> Team:
    """A team that is there on weekdays between two hours of Berlin."""
    calendar = BusinessCalendar.objects.create(name=name)
    for weekday in range(5):
        CalendarWindow.objects.create(calendar=calendar, weekday=weekday, start_minute=first * 60, end_minute=last * 60)
    team: Team = TeamFactory(name=name, calendar=calendar)
    return team


@pytest.fixture
def late_shift(db: None) -> Team:
    return works("Late shift", 12, 20)


@pytest.fixture
def early_shift(db: None) -> Team:
    return works("Early shift", 6, 10)


def test_018_the_hours_of_the_asked_team_count_and_not_those_of_the_tickets(scene: Scene, late_shift: Team) -> None:
    expert = AgentFactory(teams=[late_shift])
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
    found = now_of(envelope)
    assert (found.response_due_at, found.timeout_due_at) == (at(0, 16), at(0, 16))
    with time_machine.travel(at(0, 15), tick=False):
        services.accept_envelope(envelope.pk, by=expert)
    assert now_of(envelope).completion_due_at == at(3, 15), "five hours today, eight on each of two days, three more"


def test_018_a_holiday_of_the_asked_team_does_not_count(scene: Scene, late_shift: Team) -> None:
    Holiday.objects.create(calendar=late_shift.calendar, on=at(0, 12).date(), name="Fair")
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
    assert now_of(envelope).response_due_at == at(1, 16)


def test_033_redirected_to_a_third_team_its_hours_count_from_the_same_start(
    scene: Scene, late_shift: Team, early_shift: Team
) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
    with time_machine.travel(at(0, 14), tick=False):
        services.redirect_envelope(envelope.pk, by=scene.owner, team=early_shift)
    found = now_of(envelope)
    assert found.opened_at == MONDAY_NINE
    assert found.response_due_at == at(1, 9), "an hour on Monday, three on Tuesday"
    assert found.timeout_due_at == at(1, 10), "asked anew after their Monday was over"
    expert = AgentFactory(teams=[early_shift])
    with time_machine.travel(at(1, 7), tick=False):
        services.accept_envelope(envelope.pk, by=expert)
    assert now_of(envelope).completion_due_at == at(9, 7), "24 hours of theirs are six days"


def test_018_of_a_person_the_hours_of_their_own_team_count(scene: Scene, late_shift: Team, early_shift: Team) -> None:
    person = AgentFactory(teams=[early_shift, late_shift], primary_team=late_shift)
    with time_machine.travel(MONDAY_NINE, tick=False):
        alone = EnvelopeFactory(ticket=scene.ticket, assigned_to=person)
        beside_team = EnvelopeFactory(ticket=scene.ticket, assigned_to=person, team=early_shift)
        of_no_team = EnvelopeFactory(ticket=scene.ticket, assigned_to=AgentFactory())
    assert [now_of(each).response_due_at for each in (alone, beside_team, of_no_team)] == [
        at(0, 16),
        at(1, 9),
        at(0, 13),
    ]


def test_018_whosever_hours_count_the_tickets_own_due_date_is_the_end(
    scene: Scene, late_shift: Team, early_shift: Team
) -> None:
    due = at(0, 18)
    Ticket.objects.filter(pk=scene.ticket.pk).update(resolution_due_at=due)
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
        assert now_of(envelope).response_due_at == at(0, 16)
        services.redirect_envelope(envelope.pk, by=scene.owner, team=early_shift)
    assert now_of(envelope).response_due_at == due
    assert Ticket.objects.get(pk=scene.ticket.pk).resolution_due_at == due


def test_031_however_long_envelopes_are_open_the_tickets_own_due_date_stands(scene: Scene, late_shift: Team) -> None:
    due = at(3, 12)
    Ticket.objects.filter(pk=scene.ticket.pk).update(resolution_due_at=due)
    expert = AgentFactory(teams=[late_shift])
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
        services.accept_envelope(envelope.pk, by=expert)
        EnvelopeFactory(below=envelope, assigned_to=scene.noah)
    assert Ticket.objects.get(pk=scene.ticket.pk).status == "waiting_internal"
    with time_machine.travel(at(1, 9), tick=False):
        services.release_envelope(envelope.pk, by=expert, reason="No time")
        services.time_out_due_envelopes(now=at(2, 9))
        services.cancel_envelope(envelope.pk, by=scene.owner, reason="Solved")
    assert Ticket.objects.get(pk=scene.ticket.pk).resolution_due_at == due


def test_033_what_was_given_back_and_goes_to_a_third_team_keeps_the_start_of_its_completion(
    scene: Scene, late_shift: Team, early_shift: Team
) -> None:
    expert = AgentFactory(teams=[late_shift])
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
        services.accept_envelope(envelope.pk, by=expert)
    assert now_of(envelope).completion_due_at == at(2, 20), "three of their days"
    with time_machine.travel(at(0, 15), tick=False):
        services.release_envelope(envelope.pk, by=expert, reason="No time")
        services.redirect_envelope(envelope.pk, by=scene.owner, team=early_shift)
    due = at(8, 9)  # an hour on Monday, four on each of five days, three more
    assert now_of(envelope).completion_due_at == due
    other = AgentFactory(teams=[early_shift])
    with time_machine.travel(at(1, 7), tick=False):
        services.accept_envelope(envelope.pk, by=other)
    assert now_of(envelope).completion_due_at == due


def test_036_opened_again_and_given_back_the_new_cycle_is_what_goes_to_a_third_team(
    scene: Scene, late_shift: Team, early_shift: Team
) -> None:
    expert = AgentFactory(teams=[late_shift])
    with time_machine.travel(MONDAY_NINE, tick=False):
        envelope = EnvelopeFactory(ticket=scene.ticket, team=late_shift)
        services.accept_envelope(envelope.pk, by=expert)
        services.complete_envelope(envelope.pk, by=expert, summary="Done")
    with time_machine.travel(at(1, 12), tick=False):
        services.reopen_envelope(envelope.pk, by=scene.owner)
        services.release_envelope(envelope.pk, by=expert, reason="No time")
        services.redirect_envelope(envelope.pk, by=scene.owner, team=early_shift)
    assert now_of(envelope).completion_due_at == at(9, 10), "six whole days of theirs, from Wednesday on"
