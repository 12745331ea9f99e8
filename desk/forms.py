"""Forms of the agents' pages: shape and types; what may be done is decided by the services."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Agent, Team
from core.errors import DomainError, Invalid
from desk.composing import AFTER_SEND
from tickets.enums import (
    CANCEL_CODES,
    ClosureCode,
    LinkKind,
    Priority,
    ResolutionCode,
    SendWhen,
    TicketStatus,
    TicketType,
)
from tickets.models import Category, Ticket
from tickets.selectors import tickets_by_reference
from tickets.services import NewFile

MAX_FILE_BYTES = 25 * 1024 * 1024
MAX_FILES = 20
MAX_ALL_BYTES = 50 * 1024 * 1024
"""What one message may carry altogether; hardly a mail server takes more."""


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Any number of files, each of them and all together within the limits."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[bytes]"]:
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        files = [super(ManyFilesField, self).clean(file, initial) for file in given if file]
        if len(files) > MAX_FILES:
            raise forms.ValidationError(ngettext_lazy("At most %d file.", "At most %d files.", MAX_FILES) % MAX_FILES)
        for file in files:
            if (file.size or 0) > MAX_FILE_BYTES:
                raise forms.ValidationError(
                    _("“%(name)s” is larger than 25 MiB. Share it in another way."), params={"name": file.name}
                )
        if sum(file.size or 0 for file in files) > MAX_ALL_BYTES:
            raise forms.ValidationError(_("The files are larger than 50 MiB together. Send fewer of them."))
        return files


def as_new_files(files: Iterable["UploadedFile[bytes]"]) -> list[NewFile]:
    found = []
    for file in files:
        file.seek(0)  # it may have been read for an attempt that was refused
        found.append(NewFile(filename=file.name or "", content=file.read(), content_type=file.content_type or ""))
    return found


def add_refusal(form: forms.Form, refusal: DomainError) -> None:
    """Show what a service refused at the field it is about, or above the form."""
    if not isinstance(refusal, Invalid):
        form.add_error(None, str(refusal))
        return
    for name, texts in refusal.fields.items():
        is_shown = name in form.fields and not form.fields[name].widget.is_hidden
        form.add_error(name if is_shown else None, texts)


def _no_autofill(rows: int | None = None, **attrs: Any) -> forms.Widget:
    """A control where browsers must not offer other customers' data."""
    attrs = {"autocomplete": "off"} | attrs
    return forms.Textarea(attrs={"rows": rows} | attrs) if rows else forms.TextInput(attrs=attrs)


def moment_field(*, required: bool) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=_("Moment"),
        required=required,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )


def draft_version_field() -> forms.IntegerField:
    """The draft that the text was typed over; 0 if there was none."""
    attrs = {"data-draft-version": ""}
    widget = forms.HiddenInput(attrs=attrs)
    return forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=widget)


def addresses_in(text: str) -> list[str]:
    """Those between commas, semicolons or line ends."""
    return [address.strip() for address in re.split(r"[,;\n]", text) if address.strip()]


class ReplyForm(forms.Form):
    context = forms.CharField(widget=forms.HiddenInput, required=False)
    restored = forms.CharField(widget=forms.HiddenInput, required=False)
    cc = forms.CharField(label=_("Cc"), required=False, max_length=4000, widget=_no_autofill())
    body = forms.CharField(
        label=_("Reply"),
        max_length=200_000,
        widget=forms.Textarea,
        error_messages={"required": _("A reply needs some text.")},
    )
    attachments = ManyFilesField(label=_("Files"), required=False)
    when = forms.ChoiceField(label=_("Send"), choices=SendWhen.choices, required=False)
    send_at = moment_field(required=False)
    then = forms.CharField(required=False, widget=forms.HiddenInput)
    after = forms.ChoiceField(label=_("After sending"), choices=AFTER_SEND, required=False)
    draft_version = draft_version_field()

    def clean(self) -> dict[str, Any]:
        """A moment left over in its field counts for nothing where another choice was made."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["when"] = cleaned.get("when") or SendWhen.NOW.value
        if cleaned["when"] != SendWhen.AT:
            cleaned["send_at"] = None
        return cleaned

    def clean_cc(self) -> list[str]:
        addresses = addresses_in(str(self.cleaned_data["cc"]))
        for address in addresses:
            try:
                validate_email(address)
            except forms.ValidationError as error:
                text = _("“%(address)s” is not an e-mail address.")
                raise forms.ValidationError(text, params={"address": address}) from error
        return addresses


class ScheduleForm(forms.Form):
    """When a reply that waits is to leave."""

    when = forms.ChoiceField(label=_("Send"), choices=SendWhen.choices)
    send_at = moment_field(required=False)


class NoteForm(forms.Form):
    context = forms.CharField(widget=forms.HiddenInput, required=False)
    body = forms.CharField(
        label=_("Internal note"),
        max_length=200_000,
        widget=forms.Textarea,
        error_messages={"required": _("A note needs some text.")},
    )
    attachments = ManyFilesField(label=_("Files"), required=False)
    draft_version = draft_version_field()


class DraftForm(forms.Form):
    """What a composer holds, as it stands: nothing in it has to be right yet."""

    body = forms.CharField(required=False, strip=False, max_length=200_000)
    cc = forms.CharField(required=False, max_length=4000)
    draft_version = draft_version_field()


class ResolveForm(forms.Form):
    resolution_code = forms.ChoiceField(label=_("How was it resolved?"), choices=[("", "–"), *ResolutionCode.choices])
    resolution_note = forms.CharField(
        label=_("What was done?"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The customer reads it, with a link to confirm and one to object."),
    )
    check_in = forms.BooleanField(label=_("Remind me in 24 hours to check that it works"), required=False)


class CancelForm(forms.Form):
    closure_code = forms.ChoiceField(
        label=_("Why does the ticket end?"),
        choices=[("", "–"), *((code.value, code.label) for code in CANCEL_CODES if code != ClosureCode.SPAM)],
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class NeededReasonForm(ReasonForm):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class EmptyForm(forms.Form):
    """For acts that only need a yes."""


class OfferForm(forms.Form):
    agent = forms.ModelChoiceField(label=_("Offer to"), queryset=Agent.objects.none())

    def __init__(self, *args: Any, candidates: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent"].queryset = candidates  # type: ignore[attr-defined]  # a ModelChoiceField


class TeamForm(forms.Form):
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.filter(is_active=True).order_by("name"), empty_label="–"
    )


def category_choices() -> list[tuple[str, str]]:
    """All categories with the path that leads to each, in one query."""
    rows: dict[UUID, Category] = {row.pk: row for row in Category.objects.only("name", "parent_id")}

    def path(pk: UUID) -> str:
        row = rows[pk]
        return f"{path(row.parent_id)} / {row.name}" if row.parent_id else row.name

    return [("", "–"), *sorted(((str(pk), path(pk)) for pk in rows), key=lambda choice: choice[1].lower())]


class CategoryField(forms.ChoiceField):
    """A category by its path; cleans to the row or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=category_choices, required=False, label=_("Category"), **kwargs)

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        return Category.objects.get(pk=chosen) if chosen else None


def clean_tags(text: str) -> list[str]:
    """Names with commas between them. Raises ValidationError."""
    tags = [tag.strip() for tag in text.split(",") if tag.strip()]
    if any(len(tag) > 50 for tag in tags):
        raise forms.ValidationError(_("A tag has at most 50 characters."))
    return tags


class FieldsForm(forms.Form):
    """The editable fields of a ticket; `version` is what the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    subject = forms.CharField(label=_("Subject"), max_length=255)
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority.choices)
    reason = forms.CharField(
        label=_("Why this priority?"),
        max_length=2000,
        required=False,
        help_text=_("Needed when the priority is raised to critical; colleagues read it in the timeline."),
        widget=_no_autofill(),
    )
    category = CategoryField()
    product = forms.CharField(label=_("Product"), max_length=100, required=False)
    region = forms.CharField(label=_("Region"), max_length=100, required=False)
    tags = forms.CharField(
        label=_("Tags"), max_length=500, required=False, help_text=_("Separated by commas"), widget=_no_autofill()
    )

    def clean_tags(self) -> list[str]:
        return clean_tags(str(self.cleaned_data["tags"]))


class LinkForm(forms.Form):
    kind = forms.ChoiceField(label=_("This ticket is"), choices=LinkKind.choices, initial=LinkKind.RELATED)
    reference = forms.CharField(label=_("Reference of the other ticket"), max_length=20, widget=_no_autofill())

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agent = agent

    def clean_reference(self) -> Ticket:
        """The ticket it names, as far as the person may see it: an invisible one reads like a missing one."""
        visible = Ticket.objects.visible_to(self.agent)
        found = list(tickets_by_reference(self.cleaned_data["reference"]).filter(pk__in=visible.values("pk"))[:2])
        if not found:
            raise forms.ValidationError(_("There is no such ticket, or you may not see it."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several years have this number; write the year too: INC-2025-000123."))
        return found[0]


class NewTicketForm(forms.Form):
    """A ticket by phone: who calls, and what about."""

    email = forms.EmailField(
        label=_("Customer's e-mail address"),
        max_length=320,
        help_text=_("An unknown address becomes a new contact."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Customer's name"),
        max_length=300,
        required=False,
        help_text=_("Used for new contacts"),
        widget=_no_autofill(),
    )
    subject = forms.CharField(label=_("Subject"), max_length=255, widget=_no_autofill())
    description = forms.CharField(
        label=_("What does the customer say?"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 6})
    )
    type = forms.ChoiceField(label=_("Type"), choices=TicketType.choices, initial=TicketType.INCIDENT)
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority.choices, initial=Priority.MEDIUM)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.filter(is_active=True).order_by("name"), empty_label="–"
    )
    category = CategoryField()
    accept_now = forms.BooleanField(
        label=_("Accept it myself"), required=False, help_text=_("You own it until it is resolved.")
    )


class QueueForm(forms.Form):
    """What a list may be narrowed to by its address."""

    status = forms.ChoiceField(required=False)
    team = forms.ChoiceField(required=False)
    priority = forms.ChoiceField(required=False, choices=[("", _("All")), *Priority.choices])
    owner = forms.ChoiceField(required=False, choices=[("", _("All")), ("me", _("Me")), ("none", _("Nobody"))])

    def __init__(self, *args: Any, teams: Sequence[Team], shows_open_only: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = [("", _("Open")), ("any", _("All"))] if shows_open_only else [("", _("All"))]
        self.fields["status"].choices = [*first, *TicketStatus.choices]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["team"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("All")),
            *((str(team.pk), team.name) for team in teams),
        ]


class AnswerForm(forms.Form):
    """What a customer may add to "not solved"."""

    text = forms.CharField(
        label=_("What is still missing?"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
