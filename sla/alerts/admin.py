"""The alert matrix in the operators' window: read and changed with a reason, nothing added or taken away."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in
from sla.alerts.enums import Recipient
from sla.alerts.models import AlertRule
from sla.alerts.selectors import promised_minutes
from sla.alerts.services import edit_rule
from sla.policies import may_edit_policies, may_see_policies


class AlertRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    recipients = forms.MultipleChoiceField(
        label=gettext_lazy("recipients"), choices=Recipient.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    class Meta:
        model = AlertRule
        fields = ("threshold_minutes", "recipients", "is_active")


@admin.register(AlertRule)
class AlertRuleAdmin(PolicyAdmin):
    """Its 36 cells are there from the beginning; one that is not wanted is switched off."""

    form = AlertRuleForm
    list_display = ("priority", "condition", "level", "threshold_minutes", "recipients", "is_active")
    list_filter = ("priority", "condition", "is_active")
    readonly_fields = ("priority", "condition", "level")
    fields = (*readonly_fields, "threshold_minutes", "recipients", "is_active", "reason")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_policies(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_edit_policies(by)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if self.may_change(actor_in(request)) else self.fields[:-1]

    def save_model(self, request: HttpRequest, obj: AlertRule, form: Any, change: bool) -> None:
        names = ("threshold_minutes", "recipients", "is_active", "reason")
        edit_rule(obj.pk, by=actor_in(request), **{name: form.cleaned_data[name] for name in names})
        due = promised_minutes(obj.priority)
        if due is not None and obj.threshold_minutes > due:
            hint = _("This threshold lies beyond the promised resolution of %(minutes)s minutes.") % {"minutes": due}
            self.message_user(request, hint, messages.WARNING)
