"""An alert and a reminder of one promise tell a person once, whichever comes first (domain.md sections 10, 13, 14)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from accounts.models import Agent
from core.events import deliver_all
from core.timers import run_all
from notifications.channels import Channel, Notice, use_channels
from notifications.models import Notification, NotificationPreference
from sla.alerts.models import Alert, AlertRecipient, AlertRule
from sla.alerts.services import acknowledge_alert, raise_due_alerts, tell_of_alerts
from sla.reminders.models import Reminder
from sla.reminders.services import snooze_reminder, trigger_due_reminders
from sla.services import note_missed
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched
from tickets.models import Ticket
from tickets.services import edit_ticket, resolve_ticket

MINUTE = timedelta(minutes=1)
DUE = MONDAY_NINE + 60 * MINUTE
"""Of a critical ticket; its warning and its first alert come half an hour before."""


def of_promise(person: Agent) -> list[tuple[str, int]]:
    """What they were told of the promise: as what, and how many minutes after its beginning."""
    rows = Notification.objects.filter(recipient=person).order_by("created_at", "id")
    names = {"sla_warning": "warning", "sla_breach": "breach"}
    return [
        (names.get(row.event_type, f"level {row.payload.get('level')}"), (row.created_at - MONDAY_NINE) // MINUTE)
        for row in rows
        if row.event_type in names or row.payload.get("condition") == "not_completed"
    ]


def alerts(desk: Watched) -> None:
    while raise_due_alerts(now=desk.now):
        pass
    while tell_of_alerts(now=desk.now):
        pass


def reminders(desk: Watched) -> None:
    while trigger_due_reminders(now=desk.now):
        pass
    deliver_all()


def in_one_sweep(desk: Watched) -> None:
    assert run_all(now=desk.now).failed == []
    deliver_all()


def alerts_first(desk: Watched) -> None:
    alerts(desk)
    reminders(desk)


def reminders_first(desk: Watched) -> None:
    reminders(desk)
    alerts(desk)


def reach(desk: Watched, minutes: int, act: Callable[[Watched], None]) -> None:
    """By then nothing of the promise was told but the warning."""
    desk.at(MONDAY_NINE + minutes * MINUTE)
    note_missed(now=desk.now)
    deliver_all()
    act(desk)


def worked_on(desk: Watched, minutes: int) -> Ticket:
    """Of which all is done that is due by then."""
    ticket = desk.ticket()
    deliver_all()
    for minute in (0, 30, 45):
        if minute <= minutes:
            desk.at(MONDAY_NINE + minute * MINUTE)
            in_one_sweep(desk)
    return ticket


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("act", "owner"),
    [
        (in_one_sweep, ("level 3", 60)),
        (alerts_first, ("level 3", 60)),
        (reminders_first, ("breach", 60)),
    ],
)
def test_a_breach_is_told_once_to_each(desk: Watched, act: Callable[[Watched], None], owner: tuple[str, int]) -> None:
    ticket = worked_on(desk, 45)
    reach(desk, 60, act)
    desk.at(DUE + 10 * MINUTE)
    in_one_sweep(desk)
    assert of_promise(desk.owner) == [("level 1", 30), ("level 2", 45), owner]
    assert of_promise(desk.supervisor)[1:] == of_promise(desk.manager) == [("level 3", 60)]
    reminder = Reminder.objects.get(kind="sla_breach")
    assert reminder.status == "triggered", "it stands on the dashboard either way"
    of_owner = AlertRecipient.objects.filter(agent=desk.owner, alert__condition="not_completed", alert__ticket=ticket)
    row = of_owner.get(alert__level=3)
    assert (row.tell_at, row.told_at) == (None, DUE)


@pytest.mark.django_db
@pytest.mark.parametrize(("act", "owner"), [(alerts_first, "level 1"), (reminders_first, "warning")])
def test_a_warning_at_the_moment_of_an_alert_is_told_once(
    desk: Watched, act: Callable[[Watched], None], owner: str
) -> None:
    worked_on(desk, 0)
    reach(desk, 30, act)
    assert of_promise(desk.owner) == [(owner, 30)]


@pytest.mark.django_db
def test_a_warning_long_before_the_first_alert_and_the_alert_are_both_told(desk: Watched) -> None:
    """Of high priority: two hours before, and one."""
    desk.ticket(priority="high")
    deliver_all()
    for minute in (120, 180):
        desk.at(MONDAY_NINE + minute * MINUTE)
        in_one_sweep(desk)
    assert of_promise(desk.owner) == [("warning", 120), ("level 1", 180)]


@pytest.mark.django_db
@pytest.mark.parametrize("act", [alerts_first, reminders_first])
@pytest.mark.parametrize("muted", ["alert", "sla_warning"])
def test_who_mutes_one_of_them_is_told_by_the_other(desk: Watched, act: Callable[[Watched], None], muted: str) -> None:
    NotificationPreference.objects.create(agent=desk.owner, event_type=muted, channels=[], timing="immediate")
    worked_on(desk, 0)
    reach(desk, 30, act)
    told = [name for name, _at in of_promise(desk.owner)]
    wanted, other = ("warning", "level 1") if muted == "alert" else ("level 1", "warning")
    assert wanted in told
    comes_first = (muted == "alert") == (act is alerts_first)
    assert told.count(other) == comes_first, "what is muted stands in the app where it came first"


@pytest.mark.django_db
def test_alerts_that_come_in_a_digest_do_not_take_the_place_of_a_warning(desk: Watched) -> None:
    NotificationPreference.objects.create(
        agent=desk.owner, event_type="alert", channels=["teams"], timing="daily_digest"
    )
    worked_on(desk, 0)
    reach(desk, 30, alerts_first)
    assert ("warning", 30) in of_promise(desk.owner)


@pytest.mark.django_db
def test_a_breach_that_no_alert_tells_is_told_by_the_reminder(desk: Watched) -> None:
    AlertRule.objects.filter(condition="not_completed", level=3).update(is_active=False)
    worked_on(desk, 45)
    reach(desk, 60, alerts_first)
    assert of_promise(desk.owner)[-1] == ("breach", 60)
    assert of_promise(desk.manager) == []


@pytest.mark.django_db
def test_an_alert_that_came_before_the_breach_is_not_about_it(desk: Watched) -> None:
    AlertRule.objects.filter(condition="not_completed", level=3, priority="critical").update(threshold_minutes=10)
    worked_on(desk, 45)
    for minute in (50, 60):
        desk.at(MONDAY_NINE + minute * MINUTE)
        in_one_sweep(desk)
    assert of_promise(desk.owner)[2:] == [("level 3", 50), ("breach", 60)]


@pytest.mark.django_db
@pytest.mark.parametrize("act", [alerts_first, reminders_first])
def test_a_deputy_is_told_once_as_well(desk: Watched, act: Callable[[Watched], None]) -> None:
    deputy = AgentFactory(teams=[desk.team])
    worked_on(desk, 45)
    AbsenceFactory(agent=desk.owner, deputy=deputy)
    reach(desk, 60, act)
    assert len(of_promise(deputy)) == 1
    assert len(of_promise(desk.owner)) == 3


@pytest.mark.django_db
def test_who_snoozes_the_reminder_is_told_again_though_an_alert_had_told_of_the_breach(desk: Watched) -> None:
    worked_on(desk, 45)
    reach(desk, 60, in_one_sweep)
    reminder = Reminder.objects.get(kind="sla_breach")
    snooze_reminder(reminder.pk, by=desk.owner, until=desk.now + 30 * MINUTE)
    desk.at(DUE + 30 * MINUTE)
    in_one_sweep(desk)
    assert of_promise(desk.owner)[2:] == [("level 3", 60), ("breach", 90)]


@pytest.mark.django_db
def test_of_many_breaches_one_summary_stands_for_the_reminders_too(desk: Watched) -> None:
    for _number in range(12):
        desk.ticket()
    deliver_all()
    desk.at(DUE)
    in_one_sweep(desk)
    assert of_promise(desk.owner) == [("level 3", 60)]
    (row,) = Notification.objects.filter(recipient=desk.owner, payload__condition="not_completed")
    assert row.payload["count"] == 12
    assert Reminder.objects.filter(kind="sla_breach", status="triggered").count() == 12


def late(desk: Watched) -> Ticket:
    """A minute after another one, so that its alert waits for the end of the window of the first one's."""
    first = desk.ticket()
    desk.at(MONDAY_NINE + MINUTE)
    ticket = desk.ticket()
    deliver_all()
    for minute in (60, 61):
        desk.at(MONDAY_NINE + minute * MINUTE)
        in_one_sweep(desk)
    assert first != ticket
    return ticket


@pytest.mark.django_db
def test_who_waits_for_the_window_of_the_storm_guard_is_told_at_its_end(desk: Watched) -> None:
    late(desk)
    assert of_promise(desk.owner) == [("level 3", 60)]
    desk.at(MONDAY_NINE + 65 * MINUTE)
    in_one_sweep(desk)
    assert of_promise(desk.owner) == [("level 3", 60), ("level 3", 65)]


@pytest.mark.django_db
def test_who_is_not_told_as_somebody_else_acknowledged_it_is_told_by_the_reminder(desk: Watched) -> None:
    ticket = late(desk)
    alert = Alert.objects.get(ticket=ticket, condition="not_completed", level=3)
    acknowledge_alert(alert.pk, by=desk.supervisor)
    deliver_all()
    assert of_promise(desk.owner) == [("level 3", 60), ("breach", 61)]
    assert Notification.objects.get(recipient=desk.owner, event_type="sla_breach").ticket == ticket
    desk.at(MONDAY_NINE + 70 * MINUTE)
    in_one_sweep(desk)
    assert len(of_promise(desk.owner)) == 2
    assert of_promise(desk.supervisor) == [("level 3", 60)]


@pytest.mark.django_db
def test_who_acknowledges_it_knows(desk: Watched) -> None:
    ticket = late(desk)
    acknowledge_alert(Alert.objects.get(ticket=ticket, condition="not_completed", level=3).pk, by=desk.owner)
    deliver_all()
    desk.at(MONDAY_NINE + 70 * MINUTE)
    in_one_sweep(desk)
    assert of_promise(desk.owner) == [("level 3", 60)]


@pytest.mark.django_db
def test_a_breach_whose_alert_is_cleared_untold_is_told_by_the_reminder(desk: Watched) -> None:
    """A later promise does not undo it."""
    ticket = late(desk)
    version = Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk)
    edit_ticket(ticket.pk, by=desk.owner, version=version, priority="low", reason="One printer of ten.")
    desk.at(MONDAY_NINE + 65 * MINUTE)
    in_one_sweep(desk)
    assert of_promise(desk.owner) == [("level 3", 60), ("breach", 65)]


@pytest.mark.django_db
def test_of_what_is_resolved_meanwhile_nobody_is_told_any_more(desk: Watched) -> None:
    ticket = late(desk)
    resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="New cable.")
    deliver_all()
    desk.at(MONDAY_NINE + 70 * MINUTE)
    in_one_sweep(desk)
    assert of_promise(desk.owner) == [("level 3", 60)]


@pytest.mark.django_db
def test_the_group_that_watches_over_breaches_learns_of_it_whoever_tells_the_owner(desk: Watched) -> None:
    posted: list[tuple[str, str]] = []

    class Kept:
        def announce(self, channel: Channel, notice: Notice) -> None:
            posted.append((channel, notice.reference))

    before = use_channels(Kept())
    try:
        ticket = worked_on(desk, 45)
        reach(desk, 60, in_one_sweep)
    finally:
        use_channels(before)
    assert posted == [(Channel.SLA_BREACHES, ticket.reference), (Channel.CRITICAL, ticket.reference)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", range(3))
def test_told_once_also_by_two_workers_at_the_same_moment(run: int) -> None:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        desk = Watched(clock)
        worked_on(desk, 45)
        desk.at(DUE)
        note_missed(now=desk.now)
        deliver_all()
        in_parallel(lambda: alerts(desk), lambda: reminders(desk))
        in_one_sweep(desk)
        assert len([at for _name, at in of_promise(desk.owner) if at == 60]) == 1
