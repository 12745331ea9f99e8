"""The form of a saved view: its name, who gets it, where it stands."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from tickets.enums import ViewScope


class ViewForm(forms.Form):
    """Offers only readers the person may share with; of nobody else's team, nothing."""

    name = forms.CharField(label=_("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    scope = forms.ChoiceField(label=_("For"), choices=ViewScope.choices, initial=ViewScope.PERSONAL)
    team = forms.ModelChoiceField(
        label=_("Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label="–",
        help_text=_("Everybody sees only those of its tickets that they may see anyway."),
    )
    position = forms.IntegerField(
        label=_("Place"),
        min_value=0,
        max_value=999,
        initial=0,
        required=False,
        help_text=_("Lower numbers stand first; equal ones by name."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, *args: Any, teams: Sequence[Team], may_share_with_all: bool, **kwargs: Any) -> None:
        kwargs["prefix"] = "view"  # apart from the filters that stand beside it
        super().__init__(*args, **kwargs)
        if self.is_bound:  # what was not offered is the service's to refuse
            self.fields["team"].queryset = Team.objects.filter(is_active=True).order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
            self.fields["scope"].required = False
        else:
            self._offer(teams, may_share_with_all=may_share_with_all)
        self.seen_version: int | None = None

    def _offer(self, teams: Sequence[Team], *, may_share_with_all: bool) -> None:
        scopes = {ViewScope.PERSONAL} | ({ViewScope.TEAM} if teams else set())
        scopes |= {ViewScope.GLOBAL} if may_share_with_all else set()
        if len(scopes) == 1:
            del self.fields["team"], self.fields["scope"]
            return
        choices = [(value, label) for value, label in ViewScope.choices if value in scopes]
        self.fields["scope"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        """Values as the services take them."""
        values = super().clean() or {}
        self.seen_version = values.pop("version", None)
        values["position"] = values.get("position") or 0
        values["scope"] = values.get("scope") or ViewScope.PERSONAL
        if values["scope"] != ViewScope.TEAM:
            values["team"] = None
        return values
