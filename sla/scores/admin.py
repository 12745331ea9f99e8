"""The numbers of the priority score in the operators' window: read and changed with a reason, nothing added or taken
away.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin_site import actor_in
from sla.admin_base import FixedRuleAdmin
from sla.models import ScoreValue
from sla.scores.bounds import bounds_of, with_usual
from sla.scores.services import lock_score_values, set_score_value


class ScoreValueForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    class Meta:
        model = ScoreValue
        fields = ("value",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "value" in self.fields:  # else it is read alone
            values = with_usual(dict(ScoreValue.objects.values_list("code", "value")))
            least, most = (number_format(bound) for bound in bounds_of(self.instance.code, values))
            told = {"least": least, "most": most}
            self.fields["value"].help_text = _("From %(least)s to %(most)s, as the other numbers stand.") % told


@admin.register(ScoreValue)
class ScoreValueAdmin(FixedRuleAdmin):
    form = ScoreValueForm
    list_display = ("code", "value", "updated_at")
    readonly_fields = ("code",)
    fields = ("code", "value", "reason")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """All of them are locked before the one is, so that two people at once never wait for each other."""
        lock_score_values()
        return super().save_form(request, form, change)

    def save_model(self, request: HttpRequest, obj: ScoreValue, form: Any, change: bool) -> None:
        set_score_value(
            obj.pk, by=actor_in(request), value=form.cleaned_data["value"], reason=form.cleaned_data["reason"]
        )
