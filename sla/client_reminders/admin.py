"""After how long customers are asked again, in the operators' window: changed with a reason."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.admin_site import actor_in
from sla.admin_base import FixedRuleAdmin
from sla.client_reminders.models import ClientReminderRule
from sla.client_reminders.services import edit_client_reminder


class ClientReminderForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    reason = forms.CharField(label=_("Reason"), max_length=500)

    class Meta:
        model = ClientReminderRule
        fields = ("interval_minutes", "is_active")


@admin.register(ClientReminderRule)
class ClientReminderRuleAdmin(FixedRuleAdmin):
    """One for each priority; one that is not wanted is switched off."""

    form = ClientReminderForm
    list_display = ("priority", "interval_minutes", "is_active")
    readonly_fields = ("priority",)
    fields = ("priority", "interval_minutes", "is_active", "reason")

    def save_model(self, request: HttpRequest, obj: ClientReminderRule, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in ("interval_minutes", "is_active", "reason")}
        edit_client_reminder(obj.pk, by=actor_in(request), **given)
