from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connectors.mail import selectors

MAX_FILE_BYTES = 25 * 1024 * 1024


class LetterForm(forms.Form):
    """A mail as the demo's customer writes it."""

    name = forms.CharField(label=_("Your name"), max_length=100, required=False)
    address = forms.EmailField(label=_("Your e-mail address"))
    to = forms.ChoiceField(label=_("To"))
    subject = forms.CharField(label=_("Subject"), max_length=255)
    body = forms.CharField(label=_("Message"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 7}))
    attachment = forms.FileField(label=_("Attachment"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = selectors.own_addresses()
        addresses = [(address, address) for address in self.own]
        self.fields["to"] = forms.ChoiceField(label=_("To"), choices=addresses)

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).lower()
        if selectors.own_mailbox(address, self.own):
            raise forms.ValidationError(_("This is the desk's own address; write as a customer."))
        return address

    def clean_attachment(self) -> Any:  # Any: an uploaded file, or None
        file = self.cleaned_data["attachment"]
        if file is not None and file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 25 MB."))
        return file


class AnswerForm(LetterForm):
    """An answer inside a conversation: who writes to whom about what is settled."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "address", "to", "subject"):
            self.fields[name].widget = forms.HiddenInput()
        self.fields["body"].label = _("Your answer")


class MoveForm(forms.Form):
    """Where a mail belongs. Whether there is such a ticket, the service says."""

    ticket = forms.CharField(
        label=_("Ticket"), max_length=20, help_text=_("Its reference, such as INC-2025-000123; letters in any case.")
    )
