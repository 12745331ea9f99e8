"""Policies in the operators' window: nonsense is refused, what an edit would do is told before (permissions.md)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.models import BusinessCalendar, CalendarWindow, Team
from accounts.services import make_default_calendar, save_calendar
from core.errors import Invalid
from sla.errors import PromiseOutOfReach
from sla.models import SlaPolicy
from sla.services import follow_new_terms, save_policy
from tests.admin.test_people import add, change, form_of
from tests.admin.test_people import send as send_form
from tests.factories import AgentFactory, TeamFactory
from tests.sla.conftest import MONDAY_NINE, Desk, due_of, minutes, travel

pytestmark = pytest.mark.django_db
SLA = {
    "name": "Acme",
    "kind": "sla",
    "is_active": "on",
    "retroactive": "on",
    "order": "10",
    "first_response_minutes": "30",
    "next_response_minutes": "30",
    "resolution_minutes": "120",
    "time_to_value_minutes": "120",
    "reason": "Contract of March",
}


def browser(*roles: str) -> Client:
    client = Client()
    client.force_login(AgentFactory(roles=list(roles)).user)
    return client


def send(client: Client, policy: SlaPolicy | None = None, **values: Any) -> Any:
    url = reverse("admin:sla_slapolicy_change", args=[policy.pk]) if policy else reverse("admin:sla_slapolicy_add")
    return client.post(url, {**SLA, **values})


def test_an_admin_adds_a_policy_and_it_is_in_the_history() -> None:
    assert send(browser(Role.ADMIN)).status_code == 302
    policy = SlaPolicy.objects.get(name="Acme")
    assert (policy.resolution_minutes, policy.history.count()) == (120, 1)
    assert policy.history.get().history_change_reason == "Contract of March"


@pytest.mark.parametrize(
    "values",
    [
        {"first_response_minutes": "121"},
        {"next_response_minutes": "121"},
        {"time_to_value_minutes": "60"},
        {"resolution_minutes": ""},
        {"resolution_minutes": "0"},
        {"ola_completion_minutes": "60"},
        {"kind": "ola"},
        {"kind": "ola", "resolution_minutes": "", "first_response_minutes": "", "next_response_minutes": "",
         "time_to_value_minutes": "", "ola_response_minutes": "90", "ola_completion_minutes": "60"},
        {"name": "Medium"},
        {"reason": " "},
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_is_refused_and_the_form_kept(values: dict[str, str]) -> None:
    count = SlaPolicy.objects.count()
    assert send(browser(Role.ADMIN), **values).status_code == 400
    assert SlaPolicy.objects.count() == count


def test_managers_read_and_do_not_write() -> None:
    client = browser(Role.MANAGER)
    policy = SlaPolicy.objects.get(name="Medium")
    page = client.get(reverse("admin:sla_slapolicy_change", args=[policy.pk]))
    assert (page.status_code, b"_preview" in page.content) == (200, False)
    assert send(client, policy).status_code == 403
    assert send(client).status_code == 403


def test_what_an_edit_would_do_is_told_and_nothing_is_kept(desk: Desk) -> None:
    with travel(MONDAY_NINE):
        follow_new_terms(now=MONDAY_NINE)
    late, early, other = desk.ticket(), desk.ticket(MONDAY_NINE + minutes(100)), desk.ticket(priority="low")
    policy = SlaPolicy.objects.get(name="Medium")
    values = {"name": "Medium", "priority": "medium", "resolution_minutes": "60", "time_to_value_minutes": "60"}
    with travel(MONDAY_NINE + minutes(120)):
        client = browser(Role.ADMIN)
        page = send(client, policy, **values, _preview="yes")
        assert page.status_code == 200
        assert "Of the 3 newest open tickets 2 would be promised something else; 1 of them" in page.content.decode()
        assert b"Please correct" not in page.content, "nothing is wrong with it"
        policy.refresh_from_db()
        assert policy.resolution_minutes == 480
        assert send(client, policy, **values).status_code == 302
    assert due_of(early) == MONDAY_NINE + timedelta(hours=23, minutes=40), "not in the request"
    follow_new_terms(now=MONDAY_NINE + minutes(121))
    assert [due_of(each) for each in (late, early, other)] == [
        MONDAY_NINE + minutes(60),
        MONDAY_NINE + minutes(160),
        MONDAY_NINE + timedelta(days=2, hours=4),
    ]


def tiny() -> BusinessCalendar:
    """Half an hour a week."""
    calendar = BusinessCalendar.objects.create(name="Tiny")
    CalendarWindow.objects.create(calendar=calendar, weekday=0, start_minute=540, end_minute=570)
    return calendar


def test_what_no_calendar_can_hold_is_not_promised() -> None:
    admin, calendar = AgentFactory(roles=[Role.ADMIN]), tiny()
    policy = SlaPolicy.objects.get(name="Medium")
    policy.calendar = calendar
    policy.resolution_minutes = policy.time_to_value_minutes = 9000
    with pytest.raises(Invalid) as refused:
        save_policy(policy, by=admin, reason="As agreed")
    assert list(refused.value.fields) == ["resolution_minutes"]
    policy.resolution_minutes = policy.time_to_value_minutes = 6000  # two hundred weeks
    save_policy(policy, by=admin, reason="As agreed")
    helped = SlaPolicy.objects.get(kind="ola")
    helped.ola_completion_minutes = 9000
    save_policy(helped, by=admin, reason="As agreed")
    TeamFactory(calendar=calendar)
    with pytest.raises(Invalid):
        save_policy(helped, by=admin, reason="As agreed")


def test_a_calendar_keeps_the_hours_that_its_promises_need() -> None:
    admin = AgentFactory(roles=[Role.ADMIN])
    calendar = tiny()
    monday = list(calendar.windows.all())
    SlaPolicy.objects.create(name="Tiny", calendar=calendar, resolution_minutes=6000)
    monday[0].end_minute = 550
    with pytest.raises(PromiseOutOfReach, match="Tiny"):
        save_calendar(calendar.pk, by=admin, reason="We open later", windows=monday)
    assert calendar.windows.get().end_minute == 570
    SlaPolicy.objects.filter(name="Low").update(resolution_minutes=9000)
    with pytest.raises(PromiseOutOfReach, match="Low"):
        make_default_calendar(calendar.pk, by=admin, reason="We moved")
    SlaPolicy.objects.filter(name="Low").update(is_active=False)
    make_default_calendar(calendar.pk, by=admin, reason="We moved")


def test_a_team_gets_no_calendar_in_which_nobody_could_help_in_time() -> None:
    """As policies and calendars are checked, so is who works by them."""
    client, team, calendar = browser(Role.ADMIN), TeamFactory(), tiny()
    SlaPolicy.objects.filter(kind="ola").update(ola_completion_minutes=9000)
    url = change(Team, team.pk)
    refused = send_form(client, url, calendar=str(calendar.pk))
    assert refused.status_code == 409
    told = "what “Between teams” promises between teams would be due in more than five years, or never"
    assert told in refused.content.decode()
    assert Team.objects.get(pk=team.pk).calendar is None
    new = form_of(client, add(Team)) | {"name": "Night watch", "calendar": str(calendar.pk)}
    assert client.post(add(Team), new).status_code == 409
    assert not Team.objects.filter(name="Night watch").exists()
    SlaPolicy.objects.filter(kind="ola").update(team=TeamFactory())
    assert send_form(client, url, calendar=str(calendar.pk)).status_code == 302, "others promise it"
    SlaPolicy.objects.filter(kind="ola").update(team=None)
    assert send_form(client, url, name="Day watch").status_code == 302, "who works by it already is not locked in"
