from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connectors.base.enums import SecretPlace
from connectors.base.kinds import Asked, Kind, all_kinds, kind_named
from connectors.base.models import Connection
from connectors.base.secrets import place_of

WIDE = {"class": "vTextField"}
"""As the admin's own fields."""


class ConnectionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A connection with what its kind asks for. What is kept of secrets is never put into a field."""

    asked_kind = ""
    """Which a new one is to be; without it the form asks for nothing but that."""
    kind = forms.ChoiceField(label=_("Kind"))

    class Meta:
        model = Connection
        fields = ("name", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = kind_named(self.instance.kind or self.asked_kind)
        choices = [(each.name, each.label) for each in ([kind] if kind else all_kinds())]
        self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=choices, disabled=kind is not None)
        if kind is not None:
            self.fields["kind"].initial = kind.name
            self._ask_for(kind)

    def _ask_for(self, kind: Kind) -> None:
        for asked in kind.settings:
            kept = self.instance.settings.get(asked.name, "")
            self.fields[f"{kind.name}__{asked.name}"] = _field(asked, kept)
        for asked in kind.secrets:
            widget = forms.Textarea(attrs={"rows": 4}) if asked.is_long else forms.PasswordInput(attrs=WIDE)
            widget.attrs["autocomplete"] = "off"
            self.fields[f"{kind.name}__{asked.name}"] = forms.CharField(
                label=str(asked.label), help_text=_told(self.instance, asked.name), required=False, widget=widget
            )
            is_named = place_of(self.instance, asked.name) == SecretPlace.ENVIRONMENT
            self.fields[f"{kind.name}__{asked.name}_variable"] = forms.CharField(
                label=_("… or the variable that holds it"),
                help_text=_("Begins with %(prefix)s; where that name with _FILE is set, it is the path of a file.")
                % {"prefix": kind.prefix},
                required=False,
                initial=self.instance.secrets[asked.name]["variable"] if is_named else "",
            )

            if place_of(self.instance, asked.name) == SecretPlace.SEALED:
                self.fields[f"{kind.name}__{asked.name}_removed"] = forms.BooleanField(
                    label=_("Take it away: %(name)s") % {"name": asked.label}, required=False
                )

    def given(self) -> dict[str, Any]:
        """`settings`, `secrets` and `variables` of the chosen kind, and what of its secrets is `removed`, as the
        services take them.
        """
        kind = kind_named(self.cleaned_data["kind"])
        if kind is None:
            return {"settings": {}, "secrets": {}, "variables": {}}

        removed = [asked.name for asked in kind.secrets if self.cleaned_data.get(f"{kind.name}__{asked.name}_removed")]

        def value(name: str) -> str:
            return str(self.cleaned_data.get(f"{kind.name}__{name}") or "").strip()

        return {
            "settings": {asked.name: value(asked.name) for asked in kind.settings},
            "secrets": {asked.name: text for asked in kind.secrets if (text := value(asked.name))},
            "variables": {asked.name: value(f"{asked.name}_variable") for asked in kind.secrets},
            **({"removed": removed} if removed else {}),
        }


def _field(asked: Asked, kept: str) -> forms.Field:
    facts: dict[str, Any] = {"label": str(asked.label), "help_text": str(asked.help), "required": False}
    if asked.choices is None:
        return forms.CharField(initial=kept, widget=forms.TextInput(attrs=WIDE), **facts)
    return forms.ChoiceField(initial=kept, choices=[("", "–"), *asked.choices()], **facts)


def _told(row: Connection, name: str) -> str:
    """Where it is kept; never what it is."""
    place = place_of(row, name)
    if place is None:
        return str(_("Not given yet."))
    told = _("Given: %(place)s. Empty leaves it as it is.") % {"place": place.label}
    return str(told)
