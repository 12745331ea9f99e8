"""The alert matrix in the operators' window: changed with a reason, in order, holding for what runs."""

from typing import Any

from django.urls import reverse

from sla.alerts.models import AlertRule
from tests.admin.conftest import Office


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
