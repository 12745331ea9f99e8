"""Policies in the operators' window: nonsense is refused, what an edit would do is told before (permissions.md)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from sla.models import SlaPolicy
from sla.services import follow_new_terms
from tests.factories import AgentFactory
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
