"""Forms of how one is told: shape and types; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.defaults import is_always_breach
from notifications.enums import DeliveryChannel, EventType, Timing
from notifications.ways import installed

CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class QuietHoursForm(forms.Form):
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=CLOCK)
    quiet_to = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=CLOCK,
        help_text=_("By your clock, over midnight too. Only breaches come then; the rest waits for the end."),
    )


class PreferenceForm(forms.Form):
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("In the app it stands in any case. What a channel does not take goes on by the next one."),
    )
    timing = forms.ChoiceField(label=_("When"), choices=Timing.choices)
    quiet_from = forms.TimeField(label=_("Own quiet hours from"), required=False, widget=CLOCK)
    quiet_to = forms.TimeField(
        label=_("Own quiet hours until"),
        required=False,
        widget=CLOCK,
        help_text=_("For this event, in place of your general ones."),
    )

    def __init__(self, *args: Any, event: EventType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_always_breach(event):
            for name in ("timing", "quiet_from", "quiet_to"):
                del self.fields[name]
        chosen = self.initial.get("channels", ())
        channels = [channel for channel in DeliveryChannel if channel in installed() or channel in chosen]
        self.fields["channels"].choices = [(str(each), each.label) for each in channels]  # type: ignore[attr-defined]
