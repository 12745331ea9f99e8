"""Forms of meetings; what may be done is decided by the services."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from connectors.meetings.models import Meeting
from connectors.meetings.services import Wanted
from connectors.meetings.services.arranging import (
    LEAST_MINUTES,
    LONGEST_FAREWELL,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_MINUTES,
)
from connectors.meetings.services.people import cleaned
from desk.forms import addresses_in


class WallClockField(forms.DateTimeField):
    """A moment by the reader's clock. One that a clock change skips, or that comes twice, is none."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise ValidationError(
                _("That night the clocks change: this time does not exist, or comes twice. Choose another one.")
            ) from error


class PeopleField(forms.CharField):
    """Addresses, one a line; which line ends a browser sends does not matter, nor in which order they come."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(cleaned(addresses_in(initial or ""))) != sorted(cleaned(addresses_in(data or "")))


class _Shape(forms.Form):
    title = forms.CharField(
        label=_("Title"), max_length=LONGEST_TITLE, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    starts_at = WallClockField(label=_("Begins"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=LEAST_MINUTES, max_value=MOST_MINUTES)
    attendees = PeopleField(
        label=_("Attendees"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )

    def __init__(self, *args: Any, people: str, **kwargs: Any) -> None:
        """`people`: who may be invited here."""
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["starts_at"].help_text = _("By your own clock (%(zone)s)") % {"zone": zone}
        self.fields["attendees"].help_text = people

    def clean_attendees(self) -> list[str]:
        return addresses_in(self.cleaned_data["attendees"])


class MeetingForm(_Shape):
    text = forms.CharField(
        label=_("Text of the invitation"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_online = forms.BooleanField(label=_("With a link to join in Teams"), required=False, initial=True)

    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)


class EditMeetingForm(_Shape):
    """Only what somebody has changed is written, so that a moment stays as exact as it was, and what was set in Outlook
    need not be what could be set here.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        kept = {name: getattr(meeting, name) for name in ("title", "minutes", "version")}
        kept |= {"starts_at": timezone.localtime(meeting.starts_at), "attendees": "\n".join(meeting.attendees)}
        super().__init__(*args, initial=kept, **kwargs)
        self.fields["minutes"] = forms.IntegerField(
            label=self.fields["minutes"].label,
            min_value=min(LEAST_MINUTES, meeting.minutes),
            max_value=max(MOST_MINUTES, meeting.minutes),
        )

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}


class FarewellForm(forms.Form):
    farewell = forms.CharField(
        label=_("A word to the attendees"),
        required=False,
        max_length=LONGEST_FAREWELL,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
