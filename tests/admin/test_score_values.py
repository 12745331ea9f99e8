"""The numbers of the priority score in the operators' window."""

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
