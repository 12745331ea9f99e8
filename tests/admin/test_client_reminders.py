"""After how long customers are asked again, in the operators' window."""

import pytest
from django.urls import reverse

from sla.client_reminders.models import ClientReminderRule
from tests.admin.conftest import Office


@pytest.mark.django_db
def test_the_intervals_are_those_of_the_domain() -> None:
    rows = ClientReminderRule.objects.values_list("priority", "interval_minutes", "is_active")
    assert sorted(rows) == [("critical", 60, True), ("high", 120, True), ("low", 480, True), ("medium", 240, True)]


def test_an_admin_changes_an_interval_with_a_reason_and_others_only_read(office: Office) -> None:
    rule = ClientReminderRule.objects.get(priority="high")
    url = reverse("admin:sla_clientreminderrule_change", args=[rule.pk])
    form = {"interval_minutes": 180, "is_active": "on", "reason": "They have much to do."}
    for wrong in ({"interval_minutes": 0}, {"reason": ""}):
        assert office.browser(office.admin).post(url, form | wrong).status_code == 400
    auditor = office.browser(office.auditor)
    assert (auditor.get(url).status_code, auditor.post(url, form).status_code) == (200, 403)
    assert ClientReminderRule.objects.get(pk=rule.pk).interval_minutes == 120
    assert office.browser(office.admin).post(url, form).status_code == 302
    rule.refresh_from_db()
    assert (rule.interval_minutes, rule.history.first().history_change_reason) == (180, "They have much to do.")
