"""The alert matrix in the operators' window: changed with a reason, in order, holding for what runs."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import Invalid
from sla.alerts.effects import Effect, effects_of
from sla.alerts.forecast import forecast_of
from sla.alerts.models import AlertRule, MatrixWalk
from sla.alerts.services import edit_rule
from tests.admin.conftest import Office
from tests.factories import AgentFactory
from tests.sla.alerts.conftest import MONDAY_NINE, Watched
from tickets.models import Ticket


def form(minutes: int, *recipients: str, reason: str = "Nights are quiet.") -> dict[str, Any]:
    wanted = recipients or ("tech", "supervisor")
    return {"threshold_minutes": minutes, "recipients": wanted, "is_active": "on", "reason": reason}


def test_an_admin_changes_a_cell_with_a_reason_which_its_history_keeps(office: Office) -> None:
    rule = AlertRule.objects.get(priority="critical", condition="not_updated", level=2)
    url = reverse("admin:sla_alertrule_change", args=[rule.pk])
    browser = office.browser(office.admin)
    assert browser.post(url, form(40)).status_code == 302
    rule.refresh_from_db()
    last = rule.history.first()
    assert (rule.threshold_minutes, last.history_change_reason, last.actor_name) == (40, "Nights are quiet.", "Admin")


def test_what_is_out_of_order_or_has_no_reason_changes_nothing(office: Office) -> None:
    rule = AlertRule.objects.get(priority="critical", condition="not_updated", level=2)
    back = AlertRule.objects.get(priority="critical", condition="not_completed", level=2)
    browser = office.browser(office.admin)
    for wrong, minutes, reason in ((rule, 14, "x y z"), (rule, 46, "x y z"), (back, 31, "x y z"), (rule, 40, "")):
        url = reverse("admin:sla_alertrule_change", args=[wrong.pk])
        assert browser.post(url, form(minutes, reason=reason)).status_code == 400
    assert {
        row.threshold_minutes for row in (AlertRule.objects.get(pk=rule.pk), AlertRule.objects.get(pk=back.pk))
    } == {
        30,
        15,
    }


def test_a_threshold_beyond_the_promise_is_saved_with_a_hint_and_others_only_read(office: Office) -> None:
    rule = AlertRule.objects.get(priority="critical", condition="not_assigned", level=2)
    url = reverse("admin:sla_alertrule_change", args=[rule.pk])
    answer = office.browser(office.admin).post(url, form(500, "group_manager"), follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert "This threshold lies beyond the promised resolution of 60 minutes." in said
    auditor = office.browser(office.auditor)
    assert (auditor.get(url).status_code, auditor.post(url, form(5)).status_code) == (200, 403)
    assert AlertRule.objects.get(pk=rule.pk).threshold_minutes == 500


# What an edit would do ------------------------------------------------------------------------------------------------

CELL = {"priority": "critical", "condition": "not_updated"}


@pytest.fixture
def desk(db: None) -> Iterator[Watched]:
    with time_machine.travel(MONDAY_NINE, tick=False) as clock:
        yield Watched(clock)


def cell(level: int, **values: Any) -> AlertRule:
    """An edited rule that is not saved."""
    rule = AlertRule.objects.get(**CELL, level=level)
    for name, value in values.items():
        setattr(rule, name, value)
    return rule


def told(rule: AlertRule, now: datetime) -> dict[str, dict[str, int]]:
    rows = effects_of(rule, now=now).people
    return {row.agent.name: {str(effect): count for effect, count in row.counts if count} for row in rows}


def test_a_preview_tells_who_would_be_told_sooner_later_at_once_or_no_more(desk: Watched) -> None:
    desk.ticket()
    desk.walk(20)
    desk.ticket()
    assert told(cell(2, threshold_minutes=25), desk.now) == {"Olga": {"sooner": 2}, "Sara": {"sooner": 2}}
    assert told(cell(2, threshold_minutes=40), desk.now) == {"Olga": {"later": 2}, "Sara": {"later": 2}}
    assert told(cell(2, threshold_minutes=16), desk.now) == {
        "Olga": {"at_once": 1, "sooner": 1},
        "Sara": {"at_once": 1, "sooner": 1},
    }
    assert told(cell(2, is_active=False), desk.now) == {"Olga": {"no_more": 2}, "Sara": {"no_more": 2}}
    everybody = ["tech", "supervisor", "group_manager"]
    assert told(cell(2, recipients=everybody), desk.now) == {"Max": {"added": 2}}
    assert told(cell(1, threshold_minutes=10), desk.now) == {"Olga": {"sooner": 1}}, "level 1 of the first was told"
    assert told(cell(2), desk.now) == {}


def test_a_preview_counts_no_ticket_whose_watch_stands_still(desk: Watched) -> None:
    ticket = desk.ticket()
    desk.walk(2)
    desk.waits(ticket)
    effects = effects_of(cell(2, threshold_minutes=20), now=desk.now)
    assert (effects.watched, effects.changed, effects.people) == (0, 0, [])


@pytest.mark.parametrize(
    ("level", "edit"),
    [
        (1, {"threshold_minutes": 5}),
        (1, {"is_active": False}),
        (2, {"threshold_minutes": 44}),
        (2, {"threshold_minutes": 15}),
        (2, {"threshold_minutes": 45}),
        (3, {"threshold_minutes": 31, "recipients": ["group_manager"]}),
        (3, {"recipients": ["tech"]}),
    ],
)
def test_what_a_preview_tells_is_what_the_forecast_says_after_the_edit(
    desk: Watched, level: int, edit: dict[str, Any]
) -> None:
    tickets = [desk.ticket()]
    for minutes in (8, 14, 17):
        desk.walk(minutes)
        tickets.append(desk.ticket())
    before = forecast(tickets, desk.now)
    rule = cell(level, **edit)
    effects = effects_of(rule, now=desk.now)
    edit_rule(
        rule.pk,
        by=AgentFactory(roles=["admin"]),
        reason="It is too late.",
        threshold_minutes=rule.threshold_minutes,
        recipients=rule.recipients,
        is_active=rule.is_active,
    )
    after = forecast(tickets, desk.now)
    expected: Counter[tuple[str, str]] = Counter()
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if old != new:
            expected[key[1], kind(old, new, desk.now)] += 1
    found = {(row.agent.name, str(effect)): count for row in effects.people for effect, count in row.counts if count}
    assert found == dict(expected)
    assert expected
    assert effects.watched == 4


def kind(old: datetime | None, new: datetime | None, now: datetime) -> str:
    if new is None:
        return "no_more"
    if new <= now:
        return "at_once"
    return "added" if old is None else "sooner" if new < old else "later"


def forecast(tickets: list[Ticket], now: datetime) -> dict[tuple[str, str, int], datetime]:
    """Reference, person, level -> when; of levels that come at one moment the highest is told."""
    found = {}
    for ticket in tickets:
        steps = next(each for each in forecast_of(ticket, now=now).outlooks if each.condition == "not_updated").steps
        highest = {step.at: step.level for step in steps}
        for step in (step for step in steps if highest[step.at] == step.level):
            found |= {(ticket.reference, each.agent.name, step.level): step.at for each in step.people}
    return found


def test_an_admin_looks_at_an_edit_without_a_reason_and_nothing_is_saved(office: Office, desk: Watched) -> None:
    desk.ticket()
    rule = AlertRule.objects.get(**CELL, level=2)
    url = reverse("admin:sla_alertrule_change", args=[rule.pk])
    answer = office.browser(office.admin).post(url, form(20, reason="") | {"_preview": "on"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing is saved yet. Of the 1 newest tickets" in page
    assert [
        (row.agent.name, dict(row.counts)[Effect.SOONER]) for row in answer.context["previewed"].effects.people
    ] == [
        ("Olga", 1),
        ("Sara", 1),
    ]
    assert "Who would be told otherwise" in page
    assert "Please correct" not in page, "nothing is wrong with it"
    assert 'value="20"' in page, "what was typed stays"
    rule.refresh_from_db()
    assert (rule.threshold_minutes, rule.history.count(), MatrixWalk.objects.count()) == (30, 0, 0)
    ticket = Ticket.objects.get()
    assert ticket.reference not in page, "admins read no tickets"


def test_nonsense_is_refused_in_a_preview_too_and_says_why(office: Office) -> None:
    rule = AlertRule.objects.get(**CELL, level=2)
    unowned = AlertRule.objects.get(priority="critical", condition="not_assigned", level=1)
    browser = office.browser(office.admin)

    def page(of: AlertRule, data: dict[str, Any]) -> str:
        answer = browser.post(reverse("admin:sla_alertrule_change", args=[of.pk]), data | {"_preview": "on"})
        assert answer.status_code == 400
        return str(answer.content.decode())

    assert "Level 2 would come before level 1, which has 15 minutes." in page(rule, form(14))
    assert "Level 2 would come after level 3, which has 45 minutes." in page(rule, form(46))
    assert "greater than or equal to 0" in page(rule, form(-1))
    assert "Select a valid choice. boss is not one of the available choices." in page(rule, form(20, "boss"))
    assert "Nobody owns the ticket yet" in page(unowned, form(5, "tech"))


def test_the_service_refuses_recipients_that_nobody_can_be(desk: Watched) -> None:
    rule = AlertRule.objects.get(**CELL, level=2)
    admin = AgentFactory(roles=["admin"])
    for recipients, fault in ((["boss"], "There is no recipient “boss”."), ([], "Name at least one recipient.")):
        with pytest.raises(Invalid) as refused:
            edit_rule(rule.pk, by=admin, reason="Why not", threshold_minutes=30, recipients=recipients, is_active=True)
        assert refused.value.fields == {"recipients": [fault]}


def test_a_preview_costs_as_many_queries_for_many_tickets_as_for_one(desk: Watched) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            effects_of(cell(2, threshold_minutes=20), now=desk.now)
        return len(caught)

    desk.ticket()
    one = cost()
    for _number in range(5):
        desk.ticket()
    desk.at(desk.now + timedelta(minutes=1))
    assert cost() == one
