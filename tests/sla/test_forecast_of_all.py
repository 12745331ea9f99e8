"""What "Who is told next" foretells of a ticket is who is told, when, and of nothing else: alerts and the desk's
reminders together, with all timers (issue "Time"; domain.md sections 10, 13, 14).
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import pytest

from accounts.enums import AbsenceKind, Role
from notifications.enums import EventType
from notifications.models import Notification, NotificationPreference
from sla.alerts.forecast import Forecast, forecast_of
from sla.reminders.models import Reminder
from sla.reminders.services import snooze_reminder
from sla.services import pause_clocks
from tests.factories import AbsenceFactory, AgentFactory
from tests.sla.reminders.conftest import Desk as People
from tests.sla.reminders.conftest import desk as people  # noqa: F401  # a fixture
from tests.sla.reminders.test_automatic import waits
from tickets.models import Ticket
from tickets.services import add_note, resolve_ticket

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TOLD = (EventType.ALERT, EventType.SLA_WARNING, EventType.SLA_BREACH, EventType.REMINDER)
Line = tuple[datetime, str, str]
"""When, of what, whom."""


def foretold(desk: People, ticket: Ticket) -> list[Line]:
    forecast = forecast_of(ticket, now=desk.now)
    return sorted([*_of_alerts(forecast), *_of_reminders(forecast)])


def _of_alerts(forecast: Forecast) -> Iterable[Line]:
    """Of levels that come together the highest is told."""
    for outlook in forecast.outlooks:
        highest = {step.at: step for step in outlook.steps}
        for at, step in highest.items():
            yield from ((at, f"{outlook.condition} {step.level}", each.agent.name) for each in step.people)


def _of_reminders(forecast: Forecast) -> Iterable[Line]:
    for reminding in forecast.remindings:
        yield from ((reminding.at, str(reminding.kind), each.agent.name) for each in reminding.people)


def told_since(start: datetime) -> list[Line]:
    rows = Notification.objects.filter(created_at__gt=start, event_type__in=TOLD).select_related("recipient")
    return sorted((row.created_at, _subject(row), row.recipient.name) for row in rows)


def _subject(row: Notification) -> str:
    payload = row.payload
    return f"{payload['condition']} {payload['level']}" if row.event_type == EventType.ALERT else payload["kind"]


def comes_true(desk: People, lines: list[Line]) -> None:
    """If nobody does anything for a month."""
    start = desk.now
    moments = sorted({at for at, _what, _whom in lines})
    for moment in sorted({*moments, *(moment - MINUTE for moment in moments), moments[-1] + 30 * DAY}):
        if moment > desk.now:
            desk.at(moment)
    assert told_since(start) == lines


def subjects(lines: list[Line]) -> list[str]:
    return [what for _at, what, _whom in lines]


@pytest.fixture
def desk(people: People) -> People:  # noqa: F811
    """Whose team has a supervisor and a manager."""
    team = people.mara.teams.get()
    team.supervisor = AgentFactory(name="Sara", roles=[Role.SUPERVISOR])
    team.manager = AgentFactory(name="Max", roles=[Role.MANAGER])
    team.save()
    return people


def test_the_warning_of_a_promise_comes_before_the_alerts_and_says_so(desk: People) -> None:
    """With news every 20 minutes the first word on a high ticket's promise is the warning, two hours before it is due;
    what is missed is told by the third level alone.
    """
    ticket = desk.ticket(priority="high")
    for number in range(5):
        desk.later(minutes=20)
        add_note(ticket.pk, by=desk.mara, body_text=f"Port {number} is dead.")
        desk.settle()
    lines = foretold(desk, Ticket.objects.get(pk=ticket.pk))
    of_promise = [line for line in lines if not line[1].startswith("not_updated")]
    assert subjects(of_promise) == [
        "sla_warning",
        "not_completed 1",
        *["not_completed 2"] * 2,
        *["not_completed 3"] * 3,
        "stale_ticket",
    ]
    assert of_promise[1][0] - of_promise[0][0] == timedelta(hours=1)
    comes_true(desk, lines)


@pytest.mark.parametrize("priority", ["critical", "medium", "low"])
def test_of_each_priority_what_is_foretold_is_told_and_nothing_else(desk: People, priority: str) -> None:
    """But for low ones the warning and the first level of the alert come at one moment: the alert tells."""
    ticket = desk.ticket(priority=priority)
    desk.later(minutes=3)
    lines = foretold(desk, ticket)
    assert ("sla_warning" in subjects(lines)) == (priority == "low")
    comes_true(desk, lines)


def test_who_hears_less_of_alerts_is_warned_as_well(desk: People) -> None:
    NotificationPreference.objects.create(
        agent=desk.mara, event_type=EventType.ALERT, channels=["email"], timing="daily_digest"
    )
    ticket = desk.ticket(priority="medium")
    lines = foretold(desk, ticket)
    assert ("sla_warning" in subjects(lines), "sla_breach" in subjects(lines)) == (True, False), "of breaches all hear"
    comes_true(desk, lines)


def test_quiet_hours_of_alerts_leave_a_warning_to_the_reminder(desk: People) -> None:
    """A breach waits for no quiet hours."""
    NotificationPreference.objects.create(
        agent=desk.mara,
        event_type=EventType.ALERT,
        channels=["teams"],
        timing="immediate",
        quiet_from=time(0),
        quiet_to=time(23, 59),
    )
    ticket = desk.ticket(priority="medium")
    lines = foretold(desk, ticket)
    assert ("sla_warning" in subjects(lines), "sla_breach" in subjects(lines)) == (True, False)
    comes_true(desk, lines)


def test_118_the_customers_silence_and_nothing_of_the_promise_while_it_stands_still(desk: People) -> None:
    ticket = desk.ticket(priority="high")
    waits(desk, ticket)
    lines = foretold(desk, Ticket.objects.get(pk=ticket.pk))
    assert lines == [(desk.now + 3 * DAY, "no_customer_response", desk.mara.name)]
    comes_true(desk, lines)


def test_the_deputy_of_an_absent_owner_is_reminded_too(desk: People) -> None:
    ticket = desk.ticket(priority="low")
    dora = AgentFactory(name="Dora", teams=[desk.mara.teams.get()])
    AbsenceFactory(
        agent=desk.mara,
        deputy=dora,
        kind=AbsenceKind.VACATION,
        starts_on=desk.now.date(),
        ends_on=desk.now.date() + 21 * DAY,
    )
    lines = foretold(desk, ticket)
    assert {whom for _at, what, whom in lines if what == "stale_ticket"} == {"Dora", desk.mara.name}
    comes_true(desk, lines)


def test_what_was_snoozed_is_told_again_whatever_alerts_say(desk: People) -> None:
    ticket = desk.ticket(priority="high")
    warning = Reminder.objects.get(ticket=ticket, kind="sla_warning")
    desk.at(warning.trigger_at)
    snooze_reminder(warning.pk, by=desk.mara, until=warning.trigger_at + timedelta(hours=1))  # with the first level
    lines = foretold(desk, Ticket.objects.get(pk=ticket.pk))
    again = [what for at, what, whom in lines if at == warning.trigger_at + timedelta(hours=1)]
    assert {"not_completed 1", "sla_warning"} <= set(again)
    comes_true(desk, lines)


def test_of_what_stands_still_or_is_over_nobody_is_reminded(desk: People) -> None:
    ticket = desk.ticket(priority="high")
    until = desk.now + timedelta(hours=3)
    pause_clocks(ticket.pk, by=desk.mara.teams.get().supervisor, reason="vendor", until=until)
    desk.settle()
    remindings = forecast_of(ticket, now=desk.now).remindings
    assert [each.kind for each in remindings] == ["stale_ticket"]
    resolve_ticket(ticket.pk, by=desk.mara, code="fixed", note="Port 7 is replaced.")
    desk.settle()
    assert forecast_of(Ticket.objects.get(pk=ticket.pk), now=desk.now).remindings == []
