"""The form of a business calendar: times of day as people write them, and the public holidays of a country."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.countries import COUNTRIES
from accounts.models import BusinessCalendar
from accounts.models.calendars import MINUTES_A_DAY, HolidayLanguage
from accounts.public_holidays import public_holidays, regions_of
from accounts.services.public_days import YEARS_AHEAD
from core.workcalendar import clock

PREVIEW = "_preview"
"""Name of the button that shows what a calendar would mean without saving it."""


class ClockField(forms.CharField):
    """Minutes after midnight, written as people do: 08:30 is 510, 24:00 is 1440. An `is_end` of 00:00 is 24:00."""

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        self.is_end = is_end
        for name in ("min_value", "max_value", "validators"):
            kwargs.pop(name, None)
        widget = forms.TextInput(attrs={"size": 5, "placeholder": "08:00"})
        super().__init__(max_length=5, **kwargs | {"widget": widget})

    def prepare_value(self, value: Any) -> Any:
        return clock(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        found = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if found is None or int(found[2]) > 59 or not 0 <= minutes <= MINUTES_A_DAY:
            raise forms.ValidationError(_("Write a time of day as 08:30; 24:00 is the end of the day."))
        return minutes or (MINUTES_A_DAY if self.is_end else 0)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class AnyOfThem(forms.ChoiceField):
    """Takes what is not offered too: what is offered depends on another field, and the form says what is wrong."""

    def valid_value(self, value: Any) -> bool:
        return True


class ManyOfThem(forms.MultipleChoiceField):
    """As `AnyOfThem`."""

    def valid_value(self, value: Any) -> bool:
        return True


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What is offered as regions and holidays belongs to the country in the form, saved or not."""

    country = forms.ChoiceField(
        label=gettext_lazy("Public holidays of"),
        required=False,
        help_text=gettext_lazy("They are taken for this year and the two after it, and followed up by themselves."),
    )
    region = AnyOfThem(
        label=gettext_lazy("Region"),
        required=False,
        help_text=gettext_lazy("After another country is chosen, “Show what this means” offers its regions."),
    )
    left_out = ManyOfThem(
        label=gettext_lazy("Do not count here"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("On these days work is done all the same, this year and in all years to come."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        required=False,  # asked for by the service
        help_text=gettext_lazy("Asked for where hours change, as promises move with them; whoever asks reads it."),
    )

    class Meta:
        model = BusinessCalendar
        fields: ClassVar = ["name", "timezone", "is_24x7", "country", "region", "holiday_language", "left_out"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "country" not in self.fields:  # who may only read gets no form fields
            return
        named = sorted(((code, str(name)) for code, name in COUNTRIES.items()), key=lambda it: it[1])
        self._offer("country", [("", pgettext_lazy("country", "None")), *named])
        country = self._chosen("country")
        self._offer("region", [("", _("The whole country")), *regions_of(country)])
        self._offer("left_out", _days_of(country, self._chosen("region"), self._chosen("holiday_language")))

    def clean_region(self) -> str:
        """One of another country is dropped, as the field of a page without scripts still shows the old ones."""
        region: str = self.cleaned_data["region"]
        is_known = region in dict(regions_of(self.cleaned_data.get("country", "")))
        return region if is_known or PREVIEW not in self.data else ""

    def clean_left_out(self) -> list[str]:
        """Those of another country are dropped."""
        field: Any = self.fields["left_out"]
        offered = dict(field.choices)
        return [key for key in self.cleaned_data["left_out"] if key in offered]

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def _chosen(self, name: str) -> str:
        given = self.data.get(self.add_prefix(name)) if self.is_bound else getattr(self.instance, name)
        return str(given or "")


def _days_of(country: str, region: str, language: str) -> list[tuple[str, str]]:
    """Each public holiday of the years that are taken, as it is kept and as it is shown, in the order of a year."""
    if country not in COUNTRIES:
        return []
    region = region if region in dict(regions_of(country)) else ""
    language = language if language in HolidayLanguage.values else HolidayLanguage.ENGLISH
    first, found = timezone.now().year, dict[str, str]()
    for year in range(first, first + YEARS_AHEAD + 1):
        for day in public_holidays(country, region, year, language=language):
            for key, name in zip(day.keys, day.names, strict=True):
                found.setdefault(key, name)
    return list(found.items())
