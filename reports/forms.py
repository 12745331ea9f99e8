from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from core.moments import OUT_OF_RANGE, is_possible
from reports.policies import Sight

ME = "me"
"""Instead of a team: what the reader does themselves."""
LONGEST_DAYS = 3 * 366


class ReportForm(forms.Form):
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To, included"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    team = forms.ChoiceField(label=_("Team"), required=False)

    def __init__(self, *args: Any, sight: Sight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.order_by("name", "id")
        if sight.teams is not None:
            teams = teams.filter(pk__in=sight.teams)
        choices: list[tuple[str, Any]] = [(str(team.pk), team.name) for team in teams] if sight.has_teams else []
        if not choices:
            del self.fields["team"]
            return
        own = [(ME, _("My own"))] if sight.person else []
        self.fields["team"].choices = [("", _("All")), *choices, *own]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first"), values.get("last")
        if first is None or last is None:
            return values
        if not is_possible(first) or not is_possible(last):
            self.add_error("last", str(OUT_OF_RANGE))
        elif last < first:
            self.add_error("last", _("The last day is not before the first one."))
        elif (last - first).days > LONGEST_DAYS:
            self.add_error("first", _("Ask for three years at most."))
        return values

    @property
    def team_id(self) -> UUID | None:
        chosen = self.cleaned_data.get("team", "")
        return UUID(chosen) if chosen and chosen != ME else None

    @property
    def is_own(self) -> bool:
        return bool(self.cleaned_data.get("team") == ME)
