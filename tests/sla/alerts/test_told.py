"""Who is told of what in the end: those above the owner, nothing that is settled, no ticket that is out of sight."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from notifications.models import Notification
from notifications.wording import describe
from sla.alerts.models import Alert, AlertRecipient
from sla.alerts.services import acknowledge_alert, raise_due_alerts, raising, tell_of_alerts, telling
from tests.factories import AgentFactory, TeamFactory, TicketFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched, fired, told

pytestmark = pytest.mark.django_db
NA, NU = "not_assigned", "not_updated"


def test_096_a_lead_who_owns_the_ticket_is_not_above_themselves(desk: Watched) -> None:
    desk.team.lead = desk.owner
    desk.team.save()
    ticket = desk.ticket()
    desk.walk(30)
    assert set(Alert.objects.get(ticket=ticket, level=2, condition=NU).recipients.all()) == {
        desk.owner,
        desk.supervisor,
    }


def test_103_above_an_owner_who_is_everything_themselves_the_admins_are_told(desk: Watched) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    desk.team.lead = desk.team.supervisor = desk.team.manager = desk.owner
    desk.team.save()
    ticket = desk.ticket()
    desk.walk(30)
    assert set(Alert.objects.get(ticket=ticket, level=2, condition=NU).recipients.all()) == {desk.owner, admin}


def test_106_what_is_acknowledged_before_its_window_ends_is_told_no_more(desk: Watched) -> None:
    desk.ticket()
    desk.walk(2)
    later = desk.ticket()
    desk.walk(15)
    alert = Alert.objects.get(ticket=later, condition=NU)
    row = AlertRecipient.objects.get(alert=alert, agent=desk.owner)
    assert row.tell_at is not None, "two minutes after the first, it waits for the window"
    acknowledge_alert(alert.pk, by=desk.owner)
    desk.walk(6)
    row.refresh_from_db()
    assert (row.tell_at, row.told_at) == (None, None)
    assert told(desk.owner) == [[(NU, 1)]]


def test_106_what_was_acknowledged_is_left_out_of_what_is_told(desk: Watched) -> None:
    seen, other = desk.ticket(), desk.ticket()
    desk.at(MONDAY_NINE + timedelta(minutes=15))
    raise_due_alerts(now=desk.now)
    acknowledge_alert(Alert.objects.get(ticket=seen, condition=NU).pk, by=desk.owner)
    AlertRecipient.objects.filter(alert__ticket=seen).update(tell_at=desk.now)
    assert tell_of_alerts(now=desk.now) == 2
    assert [row.ticket for row in Notification.objects.filter(recipient=desk.owner)] == [other]


@pytest.mark.parametrize("count", [1, 2])
def test_103_admins_learn_of_tickets_they_may_not_read_only_how_many_there_are(desk: Watched, count: int) -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    desk.team.manager = desk.team.supervisor = None
    desk.team.save()
    tickets = [desk.ticket(owned=False, subject="canary-17") for _number in range(count)]
    desk.walk(5)
    row = Notification.objects.get(recipient=admin)
    assert row.ticket is None
    assert describe(row) == f"Level 1: tickets out of your sight that nobody has accepted: {count}"
    client = Client()
    client.force_login(admin.user)
    answer = client.get("/api/v1/notifications/").content.decode()
    for text in (json.dumps(row.payload), answer):
        assert "canary-17" not in text
        assert not any(ticket.reference in text for ticket in tickets)


def test_of_several_tickets_those_in_sight_are_named_and_the_others_counted(desk: Watched) -> None:
    desk.team.manager = None
    desk.team.save()
    own = TeamFactory()
    boss = AgentFactory(roles=[Role.ADMIN, Role.AGENT], teams=[own])
    hidden = [desk.ticket(owned=False) for _number in range(2)]
    seen = TicketFactory(team=own, priority="critical")
    desk.walk(5)
    row = Notification.objects.get(recipient=boss)
    assert describe(row) == f"Level 1: nobody has accepted 3 tickets: {seen.reference}, …"
    assert not any(ticket.reference in json.dumps(row.payload) for ticket in hidden)


def test_a_whole_batch_that_fails_does_not_keep_what_comes_after_it(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {desk.ticket().pk for _number in range(2)}
    desk.at(desk.now + timedelta(seconds=30))
    sound = desk.ticket()
    usual = raising._write

    def write(found: Any, *args: Any, **options: Any) -> None:
        if any(firing.watch.ticket_id in broken for firing in found):
            raise RuntimeError("broken")
        usual(found, *args, **options)

    monkeypatch.setattr(raising, "_write", write)
    monkeypatch.setattr(raising, "BATCH", 2)
    desk.walk(16)
    assert fired(sound, NU) == [(1, 1, 15, "open")], "half a minute after those that fail"
    assert not Alert.objects.filter(ticket__in=broken).exists()
    monkeypatch.undo()
    desk.sweep()
    assert Alert.objects.filter(ticket__in=broken).count() == 2


def test_people_whose_telling_fails_keep_nobody_behind_them_waiting(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    teams = [TeamFactory(manager=AgentFactory(roles=[Role.MANAGER])) for _number in range(3)]
    for team in teams:
        TicketFactory(team=team, priority="critical")
    line = sorted(team.manager.pk for team in teams)
    usual = telling.notify

    tried: list[Any] = []

    def notify(agents: Any, *args: Any, **options: Any) -> Any:
        if agents[0] in line[:2]:
            tried.append(agents[0])
            raise RuntimeError("broken")
        return usual(agents, *args, **options)

    monkeypatch.setattr(telling, "notify", notify)
    monkeypatch.setattr(telling, "BATCH", 1)
    desk.walk(5)
    assert list(Notification.objects.filter(recipient__in=line).values_list("recipient", flat=True)) == line[2:]
    desk.walk(4)
    assert tried == line[:2], "they are tried again after five minutes"
    monkeypatch.undo()
    desk.walk(1)
    assert Notification.objects.filter(recipient__in=line).count() == 3
