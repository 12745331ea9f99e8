from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connectors.base.models import Connection
from connectors.mail import selectors
from connectors.mail.enums import AfterTaking, Backend, SignIn, Tls
from connectors.mail.services.mailboxes import refuse_connection, usable_settings
from connectors.microsoft365.services import KIND
from core.errors import Invalid

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
        given = str(self.data.get("to") or self.initial.get("to") or "")
        known = [*self.own, *([given] if selectors.own_mailbox(given, self.own) else [])]
        addresses = [(address, address) for address in dict.fromkeys(known)]
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


class ChooseForm(forms.Form):
    """Which of the envelopes that a mail names it belongs into."""

    envelope = forms.ChoiceField(label=_("Envelope"))

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["envelope"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class MailboxForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A mailbox with the settings of its kind; of secrets only the names are asked."""

    imap_host = forms.CharField(label=_("IMAP server"), max_length=253, required=False)
    imap_port = forms.IntegerField(
        label=_("Port"), min_value=1, max_value=65535, required=False, help_text=_("Empty: what goes with TLS")
    )
    imap_tls = forms.ChoiceField(label=_("TLS"), choices=Tls.choices, required=False)
    imap_auth = forms.ChoiceField(label=_("Sign-in"), choices=SignIn.choices, required=False)
    imap_user = forms.CharField(
        label=_("Name to sign in with"), max_length=320, required=False, help_text=_("Empty: the address")
    )
    imap_secret = forms.CharField(
        label=_("Name of the secret"),
        max_length=110,
        required=False,
        help_text=_(
            "The environment variable that holds the password or the client's secret, such as MAILBOX_SUPPORT, or with "
            "_FILE at its end the path of a file. The secret itself is not stored."
        ),
    )
    imap_folder = forms.CharField(label=_("Folder of new mails"), max_length=250, required=False)
    imap_after = forms.ChoiceField(label=_("Taken mails"), choices=AfterTaking.choices, required=False)
    imap_move_to = forms.CharField(label=_("Move them to"), max_length=250, required=False)
    imap_sent_folder = forms.CharField(
        label=_("Folder of sent mails"),
        max_length=250,
        required=False,
        help_text=_("Gets a copy of each mail sent from here. Empty: none"),
    )
    imap_not_before = forms.CharField(
        label=_("Leave mails before"), max_length=10, required=False, help_text=_("A date such as 2025-12-31")
    )
    imap_token_url = forms.CharField(label=_("Token endpoint (OAuth 2)"), max_length=500, required=False)
    imap_client_id = forms.CharField(label=_("Client id (OAuth 2)"), max_length=250, required=False)
    imap_scope = forms.CharField(label=_("Scope (OAuth 2)"), max_length=500, required=False)
    imap_refresh_token = forms.CharField(
        label=_("Name of the refresh token (OAuth 2)"),
        max_length=110,
        required=False,
        help_text=_("Environment variable. Empty: the client signs in for itself"),
    )
    msgraph_user = forms.CharField(
        label=_("Name in Microsoft 365"), max_length=320, required=False, help_text=_("Empty: the address")
    )
    msgraph_folders = forms.CharField(
        label=_("Folders of new mails"),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("As Outlook shows them, one a line. Empty: the inbox"),
    )
    msgraph_after = forms.ChoiceField(label=_("Taken mails"), choices=AfterTaking.choices, required=False)
    msgraph_move_to = forms.CharField(label=_("Move them to"), max_length=250, required=False)
    msgraph_not_before = forms.CharField(
        label=_("Leave mails before"), max_length=10, required=False, help_text=_("A date such as 2025-12-31")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "connection" in self.fields:
            self.fields["connection"].queryset = Connection.objects.of_kind(KIND)  # type: ignore[attr-defined]  # rows
        prefix = self.instance.backend
        for name, value in self.instance.settings.items():
            if f"{prefix}_{name}" in self.fields:
                shown = "\n".join(value) if isinstance(value, list) else value
                self.initial.setdefault(f"{prefix}_{name}", shown)
        self.settings: dict[str, object] = {}
        """Usable settings, after validation."""

    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        backend = cleaned.get("backend", "")
        if self.errors:
            return cleaned
        prefix = f"{backend}_"
        given = {name.removeprefix(prefix): value for name, value in cleaned.items() if name.startswith(prefix)}
        if backend == Backend.IMAP:
            given["user"] = given.get("user") or cleaned.get("address") or self.instance.address
        try:
            refuse_connection(backend, cleaned.get("connection"))
            self.settings = usable_settings(backend, {name: value for name, value in given.items() if value})
        except Invalid as refusal:
            for name, texts in refusal.fields.items():
                field = next((known for known in (f"{prefix}{name}", name) if known in self.fields), None)
                for text in texts:
                    self.add_error(field, text)
        return cleaned


SETTING_FIELDS = tuple(name for name in MailboxForm.base_fields if name.startswith(("imap_", "msgraph_")))
