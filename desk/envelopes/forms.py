"""Forms of envelopes: shape and types; what may be done is decided by the services."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from desk.envelopes.asking import TargetField
from desk.forms import ManyFilesField, addresses_in, draft_version_field
from envelopes.enums import Outcome
from tickets.models import Attachment, Ticket

MAX_REASON = 20_000


def words_field(label: Any, *, rows: int = 4, hint: Any = "", max_length: int = MAX_REASON) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=max_length, help_text=hint, widget=widget)


class AddressesField(forms.CharField):
    """Addresses between commas, semicolons or line ends, as a list."""

    def __init__(self, *, label: Any, hint: Any = "", required: bool = True) -> None:
        widget = forms.Textarea(
            attrs={"rows": 2, "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        )
        super().__init__(label=label, help_text=hint, required=required, max_length=4000, widget=widget)

    def clean(self, value: Any) -> list[str]:
        return addresses_in(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class ChosenFilesField(forms.TypedMultipleChoiceField):
    """Which of `files` go along: none that is not ticked. Cleans to their ids."""

    def __init__(self, files: Sequence[Attachment]) -> None:
        super().__init__(
            label=_("Send files along"),
            choices=[(str(file.pk), f"{file.filename} ({filesizeformat(file.size_bytes)})") for file in files],
            coerce=UUID,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("Only what you tick goes along."),
        )


class AskForm(forms.Form):
    """Whom to ask, and for what; `is_first` from the ticket, where a vendor may be asked too."""

    def __init__(self, *args: Any, ticket: Ticket, by: Agent, is_first: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"] = TargetField(ticket=ticket, by=by)
        reason = words_field(_("What help is needed?"))
        reason.widget.attrs |= {"data-prefill": "", "autofocus": True}
        self.fields["reason"] = reason
        self.fields["is_blocking"] = forms.BooleanField(
            label=_("The ticket waits for it"),
            required=False,
            initial=True,
            help_text=_("The customer sees neither the envelope nor that you wait."),
        )
        if is_first:
            field = AddressesField(
                label=_("E-mail addresses of the vendor"),
                hint=_("Whom you ask above writes to the vendor, who gets what is written for them and nothing else."),
                required=False,
            )
            field.disclosure = _("A vendor is to help")  # type: ignore[attr-defined]  # see components/field.html
            self.fields["vendor_addresses"] = field


class VendorForm(forms.Form):
    vendor_addresses = AddressesField(
        label=_("E-mail addresses of the vendor"),
        hint=_("Mails of this envelope go to them, and their answers come into it."),
    )


class VendorMailForm(forms.Form):
    """What leaves the house. The subject has the name under which drafts keep the second line of a composer."""

    context = forms.CharField(widget=forms.HiddenInput, required=False)
    cc = forms.CharField(label=_("Subject"), required=False, max_length=200)
    body = forms.CharField(
        max_length=200_000, widget=forms.Textarea, error_messages={"required": _("A message needs some text.")}
    )
    draft_version = draft_version_field()

    def __init__(self, *args: Any, files: Sequence[Attachment] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if files:
            self.fields["attachments"] = ChosenFilesField(files)
            self.fields["attachments"].disclosure = _("Files of this envelope")  # type: ignore[attr-defined]  # as above


class RedirectForm(forms.Form):
    def __init__(self, *args: Any, ticket: Ticket, by: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"] = TargetField(ticket=ticket, by=by)


class InviteForm(forms.Form):
    agent = forms.ModelChoiceField(label=_("Colleague"), queryset=Agent.objects.none(), empty_label="–")

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent"].queryset = candidates  # type: ignore[attr-defined]  # a ModelChoiceField


class WhyForm(forms.Form):
    reason = words_field(_("Reason"), rows=3)


class SealForm(forms.Form):
    summary = words_field(
        _("What did the help come to?"),
        hint=_("Stands on the main thread as an internal entry, with the expert's name."),
    )
    outcome = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", "–"), *Outcome.choices])


class MessageForm(forms.Form):
    """What is written in an envelope. It never leaves it by itself."""

    context = forms.CharField(widget=forms.HiddenInput, required=False)
    body = forms.CharField(
        max_length=200_000, widget=forms.Textarea, error_messages={"required": _("A message needs some text.")}
    )
    attachments = ManyFilesField(label=_("Files"), required=False)
    draft_version = draft_version_field()


class QuoteForm(forms.Form):
    """A text on its way from an envelope into the draft of the reply, and which of its files go along."""

    body = words_field(_("Goes into the draft of the reply"), rows=8, max_length=200_000)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    """Mark of what was on screen."""

    def __init__(self, *args: Any, files: Sequence[Attachment] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if files:
            self.fields["files"] = ChosenFilesField(files)
            self.fields["body"].required = False
            self.order_fields(["body", "files"])

    def clean(self) -> dict[str, Any]:
        """A file alone may go; nothing at all may not."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("body") and not cleaned.get("files") and "body" not in self.errors:
            self.add_error("body", self.fields["body"].error_messages["required"])
        return cleaned
