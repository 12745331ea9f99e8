"""Forms of sign-in, profile, absences and customers: shape and types; the services decide."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from accounts.auth import actor_of
from accounts.enums import AbsenceKind, Availability, Density, Role, Theme, Tier
from accounts.models import Absence, Agent, Contact, User
from accounts.services import set_password


class SignInForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail address")
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )
        self.error_messages["invalid_login"] = _(
            "This address and password do not belong together. After five failed attempts sign-in rests for a while."
        )

    def confirm_login_allowed(self, user: Any) -> None:
        """Programs have users too, but nobody signs in as one."""
        super().confirm_login_allowed(user)
        if not isinstance(actor_of(user), Agent):
            raise self.get_invalid_login_error()


class ForgottenPasswordForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class CodeForm(forms.Form):
    """A code of the second factor's app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        help_text=_("Six digits of your app."),
    )


class SignInCodeForm(CodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True
        self.fields["code"].help_text = _("Six digits of your app, or one of your recovery codes.")


class PasswordAgainForm(forms.Form):
    """Whoever sits down at somebody's open page does not know it: their second factor would lock the person out."""

    password = forms.CharField(
        label=_("Password"),
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self._user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password


class SwitchOffForm(PasswordAgainForm, CodeForm):
    """Whoever sits down at somebody's open page knows neither."""

    field_order = ("password", "code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("Six digits of your app, or one of your recovery codes.")


class FirstPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Sets a password by a mailed link."""

    def save(self, commit: bool = True) -> User:
        return set_password(self.user.pk, by=self.user.agent, password=self.cleaned_data["new_password1"])


class OwnPasswordForm(PasswordChangeForm):
    """Changes one's own password, the old one known."""

    def save(self, commit: bool = True) -> User:
        return set_password(self.user.pk, by=self.user.agent, password=self.cleaned_data["new_password1"])


class PreferencesForm(forms.Form):
    availability = forms.ChoiceField(
        label=_("Availability"),
        choices=Availability.choices,
        help_text=_("Tickets are offered to those who are available."),
    )
    theme = forms.ChoiceField(label=_("Appearance"), choices=Theme.choices)
    density = forms.ChoiceField(label=_("Density"), choices=Density.choices)
    language = forms.ChoiceField(label=_("Language"), required=False)
    undo_seconds = forms.IntegerField(
        label=_("Undo time in seconds"),
        validators=[MinValueValidator(5), MaxValueValidator(30)],
        widget=forms.NumberInput(attrs={"min": 5, "max": 30}),
        help_text=_("A reply is held for this long and can be taken back until then. 5 to 30."),
    )
    has_shortcuts = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("Letters such as A for “accept” act at once while no field has the focus."),
    )
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands below your replies to customers."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As the browser asks")), *settings.LANGUAGES]  # type: ignore[attr-defined]


class AbsenceForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=AbsenceKind.choices)
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty while it is not known."),
    )
    deputy = forms.ModelChoiceField(
        label=_("Deputy"),
        queryset=Agent.objects.none(),
        required=False,
        empty_label=_("Nobody"),
        help_text=_("Open tickets stand in their queue for these days; they answer customers in the owner's name."),
    )
    is_open_end_confirmed = forms.BooleanField(
        label=_("The return is more than 30 days away"),
        required=False,
        help_text=_("For an unknown last day. Opens the way to a transfer of tickets."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Read by the person, those in charge of their teams, and auditors."),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        agent: Agent,
        shows_note: bool,
        may_confirm: bool,
        absence: Absence | None = None,
        **kwargs: Any,
    ) -> None:
        if absence is not None:
            names = ("kind", "starts_on", "ends_on", "deputy", "is_open_end_confirmed", "note", "version")
            kwargs["initial"] = {name: getattr(absence, name) for name in names}
        super().__init__(*args, **kwargs)
        workers = Agent.objects.active().filter(roles__overlap=[Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR])
        deputies = self.fields["deputy"]
        deputies.queryset = workers.exclude(pk=agent.pk).order_by("name")  # type: ignore[attr-defined]
        if not shows_note:
            del self.fields["note"]
        if not may_confirm:
            del self.fields["is_open_end_confirmed"]

    def values(self) -> dict[str, Any]:
        """What the services take."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        if values["ends_on"] is not None:
            values["is_open_end_confirmed"] = False
        return values | {"kind": AbsenceKind(values["kind"])}


class AddressForm(forms.Form):
    """The address a contact really has; `ticket` is where the way leads back to."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=320, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    ticket = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class ContactForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), required=False, max_length=150)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=150)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=50)
    language = forms.CharField(
        label=_("Language"), required=False, max_length=35, help_text=_("As a code: de, en-GB. Mails follow it.")
    )
    timezone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        help_text=_("As Europe/Berlin. Replies can wait until it is working time there."),
    )
    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        names = ("first_name", "last_name", "phone", "language", "timezone", "tier", "version")
        kwargs["initial"] = {name: getattr(contact, name) for name in names}
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
