"""The alert matrix as the desk lives it (domain.md section 10, acceptance 095 to 106)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.enums import AbsenceKind, Role
from core.events import deliver_all
from notifications.models import Notification
from sla.alerts.models import Alert, AlertRecipient, AlertRule, AlertWatch
from sla.alerts.services import acknowledge_alert, raise_due_alerts, tell_of_alerts
from tests.factories import AbsenceFactory, AgentFactory, ContactFactory, TeamFactory, TicketFactory
from tests.factories.tickets import INTAKE
from tests.sla.alerts.conftest import MONDAY_NINE, Watched, fired, told
from tickets.models import TimelineEntry
from tickets.services import (
    accept_ticket,
    cancel_ticket,
    create_ticket,
    edit_ticket,
    reopen_ticket,
    resolve_ticket,
    resume_ticket,
    transfer_ownership,
)
from tickets.services.creation import Message

pytestmark = pytest.mark.django_db
NA, NU, NC = "not_assigned", "not_updated", "not_completed"


def test_the_matrix_is_that_of_the_domain() -> None:
    cells = {}
    for rule in AlertRule.objects.order_by("level"):
        cells.setdefault((rule.priority, rule.condition), []).append((rule.threshold_minutes, rule.recipients))
    manager = ["group_manager"]
    widening = (["tech"], ["tech", "supervisor"], ["tech", "supervisor", "group_manager"])
    expected = {
        "critical": ((5, 600, 900), (15, 30, 45), (30, 15, 0)),
        "high": ((15, 600, 900), (60, 120, 180), (60, 30, 0)),
        "medium": ((30, 1200, 1800), (120, 240, 360), (120, 60, 0)),
        "low": ((120, 2400, 3600), (360, 720, 1080), (360, 180, 0)),
    }
    for priority, (assigned, updated, completed) in expected.items():
        assert cells[priority, NA] == [(minutes, manager) for minutes in assigned]
        assert cells[priority, NU] == list(zip(updated, widening, strict=True))
        assert cells[priority, NC] == list(zip(completed, widening, strict=True))
    assert AlertRule.objects.count() == 36


def test_095_after_five_minutes_the_manager_alone_learns_that_nobody_has_accepted_a_critical_ticket(
    desk: Watched,
) -> None:
    ticket = desk.ticket(owned=False)
    desk.walk(4)
    assert fired(ticket) == []
    desk.walk(6)
    assert fired(ticket, NA) == [(1, 1, 5, "open")]
    assert told(desk.manager, desk.supervisor, desk.owner) == [[(NA, 1)], [], []]
    (row,) = Notification.objects.filter(recipient=desk.manager)
    assert (row.ticket, row.urgency) == (ticket, "urgent")
    entry = TimelineEntry.objects.get(ticket=ticket, kind="alert")
    assert (entry.visibility, entry.author_type) == ("internal", "system")


def test_096_without_an_update_the_circle_widens_at_15_30_and_45_minutes(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(50)
    assert fired(ticket, NU) == [(1, 1, 15, "open"), (1, 2, 30, "open"), (1, 3, 45, "open")]
    of_updates = [[row for row in rows if row[0] == NU] for rows in told(desk.owner, desk.supervisor, desk.manager)]
    assert of_updates == [[(NU, 1), (NU, 2), (NU, 3)], [(NU, 2), (NU, 3)], [(NU, 3)]]
    last = Notification.objects.get(recipient=desk.manager, payload__condition=NU)
    assert last.urgency == "breach"


def test_097_before_the_due_moment_the_same_circle_is_told_at_30_15_and_0_minutes(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(61)
    assert fired(ticket, NC) == [(1, 1, 30, "open"), (1, 2, 45, "open"), (1, 3, 60, "open")]
    of_due = [[row for row in rows if row[0] == NC] for rows in told(desk.owner, desk.supervisor, desk.manager)]
    assert of_due == [[(NC, 1), (NC, 2), (NC, 3)], [(NC, 2), (NC, 3)], [(NC, 3)]]


def test_098_nothing_fires_twice_in_a_cycle(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(20)
    AlertWatch.objects.filter(ticket=ticket, condition=NU).update(next_level=1, due_at=desk.now)
    desk.walk(3)
    assert fired(ticket, NU) == [(1, 1, 15, "open")]
    assert told(desk.owner) == [[(NU, 1)]]


def test_099_a_note_begins_a_new_cycle_and_clears_what_is_open(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(20)
    desk.note(ticket)
    assert fired(ticket, NU) == [(1, 1, 15, "cleared")]
    alert = Alert.objects.get(ticket=ticket)
    assert (alert.cleared_at, alert.history.count(), alert.history.first().status) == (desk.now, 2, "cleared")
    desk.walk(15)
    assert fired(ticket, NU) == [(1, 1, 15, "cleared"), (2, 1, 35, "open")]


def test_099_what_a_customer_or_the_desk_itself_writes_begins_none(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(20)
    desk.customer_writes(ticket)
    assert fired(ticket, NU) == [(1, 1, 15, "open")]
    desk.walk(10)
    assert fired(ticket, NU) == [(1, 1, 15, "open"), (1, 2, 30, "open")]


def test_100_acceptance_clears_what_nobody_had_accepted(desk: Watched) -> None:
    ticket = desk.ticket(owned=False)
    desk.walk(7)
    accept_ticket(ticket.pk, by=desk.owner)
    assert fired(ticket, NA) == [(1, 1, 5, "cleared")]
    desk.walk(15)
    desk.jump(days=5)
    assert fired(ticket, NA) == [(1, 1, 5, "cleared")]
    assert fired(ticket, NU)[0] == (1, 1, 22, "open"), "counted from acceptance"


def test_101_after_a_time_without_looks_all_levels_are_there_and_one_message_goes_out(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.jump(minutes=46)
    assert fired(ticket, NU) == [(1, level, 46, "open") for level in (1, 2, 3)]
    assert [rows.count((NU, 3)) for rows in told(desk.owner, desk.supervisor, desk.manager)] == [1, 1, 1]
    assert not any(row in rows for rows in told(desk.owner, desk.supervisor) for row in ((NU, 1), (NU, 2)))
    entries = TimelineEntry.objects.filter(ticket=ticket, kind="alert", facts__condition=NU)
    assert [entry.facts["level"] for entry in entries] == [3]


def test_102_of_friday_evening_five_business_minutes_are_six_o_clock(desk: Watched) -> None:
    friday = datetime(2026, 3, 6, 16, 55, tzinfo=UTC)
    desk.at(friday)
    ticket = desk.ticket(owned=False)
    desk.walk(4)
    assert fired(ticket) == []
    desk.walk(1)
    assert fired(ticket, NA, friday) == [(1, 1, 5, "open")]
    desk.at(datetime(2026, 3, 9, 6, 30, tzinfo=UTC))
    desk.sweep()
    assert len(fired(ticket, NA)) == 1


def test_103_without_a_supervisor_the_next_level_up_is_told(desk: Watched) -> None:
    desk.team.supervisor = None
    desk.team.save()
    ticket = desk.ticket()
    desk.walk(30)
    people = set(Alert.objects.get(ticket=ticket, condition=NU, level=2).recipients.all())
    assert people == {desk.owner, desk.manager}


def test_103_without_anybody_above_the_admins_are_told_and_nobody_twice(desk: Watched) -> None:
    admins = [AgentFactory(roles=[Role.ADMIN]) for _admin in range(2)]
    desk.team.supervisor = desk.team.manager = None
    desk.team.save()
    ticket = desk.ticket(owned=False)
    desk.walk(5)
    assert set(Alert.objects.get(ticket=ticket).recipients.all()) == set(admins)
    accept_ticket(ticket.pk, by=desk.owner)
    desk.walk(45)
    last = Alert.objects.get(ticket=ticket, condition=NU, level=3)
    assert sorted(last.recipients.values_list("pk", flat=True)) == sorted(
        agent.pk for agent in (desk.owner, *admins)
    ), "supervisor and manager are the same two"


def test_a_lead_stands_in_where_the_owner_has_no_supervisor_of_their_own(desk: Watched) -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD], teams=[desk.team])
    desk.team.lead = lead
    desk.team.save()
    ticket = desk.ticket()
    desk.walk(30)
    assert set(Alert.objects.get(ticket=ticket, condition=NU, level=2).recipients.all()) == {desk.owner, lead}
    boss = AgentFactory(roles=[Role.SUPERVISOR])
    desk.owner.supervisor = boss
    desk.owner.save()
    desk.note(ticket)
    desk.walk(30)
    second = Alert.objects.get(ticket=ticket, condition=NU, level=2, cycle=2)
    assert set(second.recipients.all()) == {desk.owner, boss}


def test_a_deactivated_manager_is_missing_and_the_parent_teams_manager_stands_in(desk: Watched) -> None:
    chief = AgentFactory(roles=[Role.MANAGER])
    desk.team.parent = TeamFactory(manager=chief)
    desk.team.save()
    desk.manager.is_active = False
    desk.manager.save()
    ticket = desk.ticket(owned=False)
    desk.walk(5)
    assert list(Alert.objects.get(ticket=ticket).recipients.all()) == [chief]


def test_an_absent_person_is_told_and_their_deputy_too(desk: Watched) -> None:
    deputy = AgentFactory()
    AbsenceFactory(
        agent=desk.manager,
        deputy=deputy,
        kind=AbsenceKind.VACATION,
        starts_on=date(2026, 3, 2),
        ends_on=date(2026, 3, 6),
    )
    ticket = desk.ticket(owned=False)
    desk.walk(5)
    assert set(Alert.objects.get(ticket=ticket).recipients.all()) == {desk.manager, deputy}
    assert told(desk.manager, deputy) == [[(NA, 1)], [(NA, 1)]]


def test_104_each_priority_has_its_own_thresholds(desk: Watched) -> None:
    ticket = desk.ticket(priority="high")
    unowned = desk.ticket(owned=False, priority="high")
    desk.walk(61)
    assert fired(unowned, NA) == [(1, 1, 15, "open")]
    assert fired(ticket, NU) == [(1, 1, 60, "open")]
    desk.walk(121)
    assert fired(ticket, NC) == [(1, 1, 180, "open")]


def test_105_while_the_customer_has_the_word_nothing_fires(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(10)
    desk.waits(ticket)
    desk.jump(days=3)
    assert fired(ticket) == []
    desk.customer_writes(ticket)
    desk.walk(14)
    assert fired(ticket, NU) == [], "the customer's time is not ours"
    desk.walk(1)
    start = desk.now - timedelta(minutes=15)
    assert fired(ticket, NU, start) == [(2, 1, 15, "open")], "counted from the status, which was the last act"


def test_106_acknowledged_or_not_the_next_level_fires(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(15)
    acknowledge_alert(Alert.objects.get(ticket=ticket).pk, by=desk.owner)
    assert fired(ticket, NU) == [(1, 1, 15, "acknowledged")]
    desk.walk(15)
    assert fired(ticket, NU) == [(1, 1, 15, "acknowledged"), (1, 2, 30, "open")]


def test_017_a_transfer_leaves_alerts_as_they_are(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(20)
    desk.owner.employment_ended_on = date(2026, 3, 1)
    desk.owner.save()
    other = AgentFactory(name="Nora", teams=[desk.team])
    transfer_ownership(
        ticket.pk,
        new_owner=other,
        reason_code="termination",
        reason="The owner has left the company for good.",
        by=desk.supervisor,
    )
    assert fired(ticket, NU) == [(1, 1, 15, "open")]
    desk.walk(10)
    assert fired(ticket, NU) == [(1, 1, 15, "open"), (1, 2, 30, "open")]
    assert set(Alert.objects.get(ticket=ticket, condition=NU, level=2).recipients.all()) == {other, desk.supervisor}


def test_resolving_ends_all_and_reopening_begins_anew(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(20)
    resolve_ticket(ticket.pk, by=desk.owner, code="fixed", note="Port 7.")
    assert fired(ticket) == [(1, 1, 15, "cleared")]
    desk.jump(hours=2)
    assert fired(ticket) == [(1, 1, 15, "cleared")]
    reopened = desk.now
    reopen_ticket(ticket.pk, by=desk.owner, reason="It is off again.")
    desk.walk(15)
    assert fired(ticket, NU, reopened) == [(1, 1, -125, "cleared"), (2, 1, 15, "open")]
    assert fired(ticket, NC, reopened) == [(2, 1, 10, "open")], "40 minutes were left"


def test_a_due_moment_that_moves_later_begins_a_new_cycle(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(31)
    assert fired(ticket, NC) == [(1, 1, 30, "open")]
    desk.waits(ticket)
    desk.jump(minutes=60)
    resume_ticket(ticket.pk, by=desk.owner)
    assert fired(ticket, NC) == [(1, 1, 30, "cleared")]
    desk.sweep()
    assert fired(ticket, NC) == [(1, 1, 30, "cleared"), (2, 1, 91, "open")], "29 minutes are left"


def test_another_priority_counts_for_the_cycle_that_runs(desk: Watched) -> None:
    ticket = desk.ticket(owned=False, priority="low")
    desk.walk(20)
    edit_ticket(
        ticket.pk, by=desk.supervisor, version=ticket.version, priority="critical", reason="The ward cannot print."
    )
    desk.sweep()
    assert fired(ticket, NA) == [(1, 1, 20, "open")]


def test_a_cancelled_ticket_says_no_more(desk: Watched) -> None:
    ticket = desk.ticket(owned=False)
    desk.walk(5)
    cancel_ticket(ticket.pk, by=desk.owner, code="spam")
    desk.jump(days=30)
    assert fired(ticket) == [(1, 1, 5, "cleared")]
    assert not AlertWatch.objects.filter(ticket=ticket, due_at__isnull=False).exists()


def test_what_is_cleared_before_anybody_is_told_is_told_to_nobody(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.at(MONDAY_NINE + timedelta(minutes=15))
    raise_due_alerts(now=desk.now)
    desk.note(ticket)
    while tell_of_alerts(now=desk.now):
        pass
    assert told(desk.owner) == [[]]
    assert not AlertRecipient.objects.filter(tell_at__isnull=False).exists()


def test_a_sweep_touches_only_what_is_due(desk: Watched) -> None:
    for _number in range(3):
        TicketFactory(team=desk.team, owner=desk.owner, priority="low")
    desk.sweep()
    desk.at(desk.now + timedelta(minutes=30))
    assert raise_due_alerts(now=desk.now) == 0


def test_what_a_mail_has_made_is_watched_once_its_event_is_delivered(desk: Watched) -> None:
    ticket = create_ticket(
        by=INTAKE,
        requester=ContactFactory(),
        team=desk.team,
        subject="Down",
        message=Message(body_text="It is off."),
        priority="critical",
        waits=True,
    )
    assert not AlertWatch.objects.filter(ticket=ticket).exists()
    deliver_all()
    desk.walk(5)
    assert fired(ticket) == [(1, 1, 5, "open")]
    deliver_all()
    accept_ticket(ticket.pk, by=desk.owner)
    desk.walk(25)
    assert fired(ticket, NC) == [(1, 1, 30, "open")]


def test_what_was_accepted_before_its_event_was_delivered_is_watched_as_it_stands(desk: Watched) -> None:
    ticket = create_ticket(
        by=INTAKE,
        requester=ContactFactory(),
        team=desk.team,
        subject="Down",
        message=Message(body_text="It is off."),
        priority="critical",
        waits=True,
    )
    desk.at(MONDAY_NINE + timedelta(minutes=3))
    accept_ticket(ticket.pk, by=desk.owner)
    deliver_all()
    desk.walk(15)
    assert fired(ticket) == [(1, 1, 18, "open")]
