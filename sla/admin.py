"""Service levels in the operators' window."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms import CompanyField
from core.actors import Actor
from core.admin_site import actor_in
from sla.admin_base import RuleAdmin
from sla.alerts.admin import AlertAdmin, AlertRuleAdmin
from sla.client_reminders.admin import ClientReminderRuleAdmin
from sla.errors import PolicyPreviewed
from sla.models import CompanyPolicy, SlaPolicy
from sla.policies import may_edit_policies
from sla.proposals.admin import ProposalAdmin
from sla.reminders.admin import ReminderAdmin
from sla.scores.admin import ScoreValueAdmin
from sla.services import choose_for_company, save_policy

__all__ = [
    "AlertAdmin",
    "AlertRuleAdmin",
    "ClientReminderRuleAdmin",
    "CompanyPolicyAdmin",
    "ProposalAdmin",
    "ReminderAdmin",
    "ScoreValueAdmin",
    "SlaPolicyAdmin",
]
MATCHED = ("ticket_type", "priority", "customer_tier", "company", "team", "category")


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    company = CompanyField()
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)  # asked for by the service


class CompanyPolicyForm(PolicyForm):
    company = CompanyField(required=True)


@admin.register(SlaPolicy)
class SlaPolicyAdmin(RuleAdmin):
    """What is promised to whom. Each change is in its history; running clocks follow it."""

    form = PolicyForm
    previews = (PolicyPreviewed,)
    change_form_template = "admin/policy_form.html"
    list_display = ("name", "kind", "is_active", "order", *MATCHED, "resolution_minutes", "ola_completion_minutes")
    list_filter = ("kind", "is_active", "priority", "customer_tier")
    list_select_related = ("company", "team", "category")
    search_fields = ("name", "company__name")
    fieldsets = (
        (None, {"fields": ("name", "kind", "is_active", "order", "retroactive")}),
        (_("For whom; what is empty holds for all"), {"fields": MATCHED}),
        (
            _("Promised to the customer"),
            {
                "fields": (
                    "calendar",
                    *("first_response_minutes", "next_response_minutes"),
                    *("resolution_minutes", "time_to_value_minutes"),
                )
            },
        ),
        (_("Promised between teams, or by a vendor"), {"fields": ("ola_response_minutes", "ola_completion_minutes")}),
    )

    def may_add(self, by: Actor) -> bool:
        return may_edit_policies(by)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who changes one says why."""
        why = ((None, {"fields": ("reason",)}),) if self.may_change(actor_in(request)) else ()
        return (*self.fieldsets, *why)

    def save_model(self, request: HttpRequest, obj: SlaPolicy, form: Any, change: bool) -> None:
        reason = form.cleaned_data["reason"]
        save_policy(obj, by=actor_in(request), reason=reason, is_preview="_preview" in request.POST)


@admin.register(CompanyPolicy)
class CompanyPolicyAdmin(RuleAdmin):
    """Which policy a company is promised before all others."""

    form = CompanyPolicyForm
    list_display = ("company", "policy", "updated_at")
    list_select_related = ("company", "policy")
    search_fields = ("company__name", "policy__name")

    def may_add(self, by: Actor) -> bool:
        return may_edit_policies(by)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("company",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        why = ("reason",) if self.may_change(actor_in(request)) else ()
        return ("company", "policy", *why)

    def save_model(self, request: HttpRequest, obj: CompanyPolicy, form: Any, change: bool) -> None:
        values = {"policy": form.cleaned_data["policy"], "reason": form.cleaned_data["reason"]}
        saved = choose_for_company(obj.company_id, by=actor_in(request), **values)
        obj.__dict__.update(saved.__dict__)
