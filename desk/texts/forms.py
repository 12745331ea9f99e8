"""Forms of canned responses, ticket templates and signatures: shape and types; the services decide."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.enums import Role
from accounts.models import Agent, Team
from accounts.selectors import reach_of
from desk.composing import id_in
from desk.forms import CategoryField
from tickets.enums import Priority, TextScope, TicketType
from tickets.models.texts import SharedText

TEAM = "team:"


def teams_kept_by(agent: Agent) -> list[Team]:
    """Teams whose texts the agent may write."""
    teams = Team.objects.filter(is_active=True).order_by("name")
    return list(teams if agent.has_role(Role.ADMIN) else teams.filter(pk__in=reach_of(agent).in_charge))


class AudienceField(forms.ChoiceField):
    """Scope and team in one choice, as people think of it. Offered is what one may keep; the service decides."""

    def valid_value(self, value: Any) -> bool:
        text = str(value)
        if not text.startswith(TEAM):
            return text in (TextScope.PERSONAL, TextScope.GLOBAL)
        team_id = id_in(text.removeprefix(TEAM))
        return team_id is not None and Team.objects.filter(pk=team_id).exists()


class _TextForm(forms.Form):
    """What all shared texts have."""

    audience = AudienceField(label=_("For"))
    title = forms.CharField(label=_("Title"), max_length=100)
    category = CategoryField()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, agent: Agent, text: SharedText | None = None, **kwargs: Any) -> None:
        if text is not None:
            kwargs["initial"] = self._values_of(text)
        super().__init__(*args, **kwargs)
        choices: list[Any] = [(TextScope.PERSONAL.value, TextScope.PERSONAL.label)]
        choices += [(f"{TEAM}{team.pk}", team.name) for team in teams_kept_by(agent)]
        if agent.has_role(Role.ADMIN):
            choices.append((TextScope.GLOBAL.value, TextScope.GLOBAL.label))
        self.fields["audience"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def _values_of(self, text: SharedText) -> dict[str, Any]:
        values = {name: getattr(text, name) for name in self.base_fields if name != "audience"}
        audience = f"{TEAM}{text.team_id}" if text.scope == TextScope.TEAM else text.scope
        return values | {"category": text.category_id or "", "audience": audience}

    def values(self) -> dict[str, Any]:
        """As the services take them."""
        given = dict(self.cleaned_data)
        audience = str(given.pop("audience"))
        given.pop("version")
        if audience.startswith(TEAM):
            team = Team.objects.get(pk=UUID(audience.removeprefix(TEAM)))
            return given | {"scope": TextScope.TEAM.value, "team": team}
        return given | {"scope": audience, "team": None}


class CannedResponseForm(_TextForm):
    field_order = ("title", "body", "audience")
    body = forms.CharField(label=_("Text"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 10}))
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Any")), *settings.LANGUAGES],
        help_text=_("Texts in the customer's language are offered first."),
    )
    shortcut = forms.CharField(
        label=_("Shortcut"),
        required=False,
        max_length=30,
        help_text=_("Found at once by a slash and these letters at the beginning of a line."),
    )
    is_enforced_for_flag = forms.BooleanField(
        label=_("Prescribed for legal cases"),
        required=False,
        help_text=_("While a ticket has the flag “Legal”, what is sent to its customer begins with a prescribed text."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.fields["audience"].choices) == 1:  # type: ignore[attr-defined]  # a ChoiceField
            del self.fields["is_enforced_for_flag"]  # whoever keeps texts for nobody else prescribes none


class TicketTemplateForm(_TextForm):
    field_order = ("title", "audience", "subject", "description", "type", "priority", "handled_by")
    subject = forms.CharField(label=_("Subject"), required=False, max_length=255)
    description = forms.CharField(
        label=_("What does the customer say?"),
        required=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Questions to ask, for example."),
    )
    type = forms.ChoiceField(label=_("Type"), required=False, choices=[("", "–"), *TicketType.choices])
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=[("", "–"), *Priority.choices])
    handled_by = forms.ModelChoiceField(
        label=_("Team"),
        required=False,
        queryset=Team.objects.filter(is_active=True).order_by("name"),
        empty_label="–",
    )


class SignatureForm(forms.Form):
    """One text for each language, and one for all others."""

    def __init__(self, *args: Any, texts: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in [*settings.LANGUAGES, ("", _("All other languages"))]:
            self.fields[f"text_{code}"] = forms.CharField(
                label=name,
                required=False,
                max_length=2000,
                initial=texts.get(code, ""),
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    def texts(self) -> dict[str, str]:
        return {name.removeprefix("text_"): text for name, text in self.cleaned_data.items()}
