"""Who is told next, and when: what was foretold is what happens (issue "Time"; domain.md section 10)."""

from datetime import time, timedelta

import pytest

from accounts.enums import AbsenceKind
from notifications.models import QuietHours
from sla.alerts.forecast import Silence, forecast_of
from sla.alerts.models import Alert, AlertRule
from sla.services import pause_clocks
from tests.factories import AbsenceFactory, AgentFactory
from tests.sla.alerts.conftest import Watched
from tickets.models import Ticket
from tickets.services import resolve_ticket

pytestmark = pytest.mark.django_db
NA, NU, NC = "not_assigned", "not_updated", "not_completed"


def outlook(desk: Watched, ticket: Ticket, condition: str) -> list[tuple[int, int, list[str]]]:
    """Level, minutes from now, who."""
    found = {each.condition: each for each in forecast_of(ticket, now=desk.now).outlooks}[condition]
    minute = timedelta(minutes=1)
    return [
        (step.level, (step.at - desk.now) // minute, [told.agent.name for told in step.people]) for step in found.steps
    ]


def silences(desk: Watched, ticket: Ticket) -> dict[str, Silence | None]:
    return {str(each.condition): each.silence for each in forecast_of(ticket, now=desk.now).outlooks}


def test_what_is_foretold_is_what_happens(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(10)
    foretold = [
        (condition, level, desk.now + timedelta(minutes=minutes), sorted(names))
        for condition in (NA, NU, NC)
        for level, minutes, names in outlook(desk, ticket, condition)
    ]
    assert [row[:2] for row in foretold] == [(NU, 1), (NU, 2), (NU, 3), (NC, 1), (NC, 2), (NC, 3)]
    desk.walk(60)
    happened = [
        (alert.condition, alert.level, alert.triggered_at, sorted(person.name for person in alert.recipients.all()))
        for alert in Alert.objects.filter(ticket=ticket)
    ]
    assert sorted(happened) == sorted(foretold)


def test_an_unowned_ticket_tells_its_manager_and_what_has_been_told_is_left_out(desk: Watched) -> None:
    ticket = desk.ticket(owned=False)
    assert outlook(desk, ticket, NA)[0] == (1, 5, ["Max"])
    desk.walk(6)
    assert [level for level, _minutes, _names in outlook(desk, ticket, NA)] == [2, 3]
    assert silences(desk, ticket)[NU] == Silence.UNOWNED


def test_an_absent_owner_is_told_with_their_deputy(desk: Watched) -> None:
    dora = AgentFactory(name="Dora", teams=[desk.team])
    ticket = desk.ticket()
    AbsenceFactory(agent=desk.owner, deputy=dora, kind=AbsenceKind.SICK, starts_on=desk.now.date())
    assert outlook(desk, ticket, NU)[0] == (1, 15, ["Olga", "Dora"])


def test_silence_says_why(desk: Watched) -> None:
    ticket = desk.ticket()
    assert silences(desk, ticket) == {NA: Silence.ACCEPTED, NU: None, NC: None}
    pause_clocks(
        ticket.pk, by=desk.supervisor, reason="vendor", until=desk.now + timedelta(hours=2), note="A part is on its way"
    )
    assert silences(desk, ticket) == {NA: Silence.ACCEPTED, NU: Silence.PAUSED, NC: Silence.PAUSED}
    resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Port 7 is replaced.")
    assert set(silences(desk, Ticket.objects.get(pk=ticket.pk)).values()) == {Silence.OVER}
    other = desk.ticket()
    AlertRule.objects.filter(condition=NU).update(is_active=False)
    assert silences(desk, other)[NU] == Silence.SWITCHED_OFF
    desk.walk(61)
    assert silences(desk, other)[NC] == Silence.ALL_TOLD


def test_105_while_it_is_the_customers_turn_they_are_asked_again_and_nobody_else_is_told(desk: Watched) -> None:
    ticket = desk.ticket(priority="high")
    desk.walk(1)
    desk.waits(ticket)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert silences(desk, ticket) == {NA: Silence.ACCEPTED, NU: Silence.WAITING, NC: Silence.WAITING}
    moments = forecast_of(ticket, now=desk.now).customer_asked_at
    assert [(at - desk.now) // timedelta(minutes=1) for at in moments] == [120, 240, 360]


def test_channels_are_those_of_the_person_with_their_quiet_hours_at_that_moment(desk: Watched) -> None:
    QuietHours.objects.create(agent=desk.owner, quiet_from=time(0), quiet_to=time(12))
    ticket = desk.ticket()
    found = {each.condition: each for each in forecast_of(ticket, now=desk.now).outlooks}[NU]
    (told,) = found.steps[0].people
    assert [(arrival.channel, arrival.is_now, arrival.because) for arrival in told.arrivals] == [
        ("email", False, "quiet_hours")
    ]
    third = next(told for told in found.steps[2].people if told.agent == desk.owner)
    assert third.arrivals[0].is_now, "a breach waits for no quiet hours"
