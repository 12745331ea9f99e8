"""The numbers of the priority score in the operators' window."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from sla.models import ScoreValue
from tests.factories import AgentFactory

pytestmark = pytest.mark.django_db


def browser_of(role: Role) -> Client:
    client = Client()
    client.force_login(AgentFactory(roles=[role]).user)
    return client


def test_an_admin_sets_a_number_with_a_reason_that_its_history_keeps() -> None:
    value = ScoreValue.objects.get(code="base_high")
    url = reverse("admin:sla_scorevalue_change", args=[value.pk])
    browser = browser_of(Role.ADMIN)
    assert browser.post(url, {"value": "75", "reason": ""}).status_code == 400
    assert ScoreValue.objects.get(pk=value.pk).value == 70
    assert browser.post(url, {"value": "75", "reason": "High ones came too late"}).status_code == 302
    assert ScoreValue.objects.get(pk=value.pk).value == 75
    assert ScoreValue.history.filter(id=value.pk).first().history_change_reason == "High ones came too late"


def test_a_manager_reads_them_and_changes_none() -> None:
    value = ScoreValue.objects.get(code="base_high")
    url = reverse("admin:sla_scorevalue_change", args=[value.pk])
    browser = browser_of(Role.MANAGER)
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"value": "75", "reason": "Because"}).status_code == 403
    assert ScoreValue.objects.get(pk=value.pk).value == 70


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("base_low", "0"),
        ("base_low", "40.01"),
        ("base_critical", "69.99"),
        ("base_high", "100.01"),
        ("sla_hour", "1.99"),
        ("sla_days", "2.01"),
        ("sla_days", "0.99"),
        ("vip", "0.99"),
        ("flag_legal", "10.01"),
    ],
)
def test_a_number_that_would_turn_the_ranking_round_is_refused_on_the_page(code: str, value: str) -> None:
    row = ScoreValue.objects.get(code=code)
    url = reverse("admin:sla_scorevalue_change", args=[row.pk])
    browser = browser_of(Role.ADMIN)
    answer = browser.post(url, {"value": value, "reason": "because"})
    assert (answer.status_code, "A number from" in answer.content.decode()) == (400, True)
    assert ScoreValue.objects.get(code=code).value == row.value
    assert "as the other numbers stand" in browser.get(url).content.decode()


def test_numbers_whose_product_no_ticket_could_hold_are_refused() -> None:
    browser = browser_of(Role.ADMIN)
    answers = []
    for code in ("sla_hour", "vip", "escalation", "no_response", "reopened", "flag_legal"):
        url = reverse("admin:sla_scorevalue_change", args=[ScoreValue.objects.get(code=code).pk])
        answers.append(browser.post(url, {"value": "10", "reason": "because"}).status_code)
    assert answers == [302, 302, 302, 302, 400, 400], "100 x 10^4 x 1.4 x 1.5 is below ten millions, x 10 x 1.5 is not"
    assert ScoreValue.objects.get(code="reopened").value == Decimal("1.40")
    base = ScoreValue.objects.get(code="base_critical")
    url = reverse("admin:sla_scorevalue_change", args=[base.pk])
    assert "9999999" in browser.post(url, {"value": "1000", "reason": "because"}).content.decode().replace(",", "")
    assert browser.post(url, {"value": "90", "reason": "because"}).status_code == 302
