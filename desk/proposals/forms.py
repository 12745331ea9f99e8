"""What managers propose, as forms: they start with how things are, and the services say what of it can be."""

import re
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import CompanyField
from accounts.models import BusinessCalendar
from accounts.models.calendars import MINUTES_A_DAY, WEEKDAYS
from core.errors import Text
from core.workcalendar import clock
from sla.alerts.enums import Recipient
from sla.alerts.models import AlertRule
from sla.enums import PolicyKind
from sla.models import SlaPolicy
from sla.models.policies import OF_CUSTOMERS, OF_HELPERS, TARGETS
from sla.proposals.enums import ProposalAbout
from sla.proposals.shapes import HOLIDAY, WINDOW, values_of

Group = tuple[Text, list[str]]
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\s+(.+?)(?:\s+(\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2}))?(\s+\*)?")


def _reason() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Whoever decides reads it, and whoever asks later why a promise moved."),
    )


class Wished:
    """What the three have in common; `values` are those of `sla.proposals.shapes`."""

    about: ClassVar[ProposalAbout]
    groups: tuple[Group, ...]

    def grouped(self) -> list[tuple[Text, list[BoundField]]]:
        form: Any = self
        return [(title, [form[name] for name in names if name in form.fields]) for title, names in self.groups]

    @property
    def values(self) -> dict[str, Any]:
        form: Any = self
        return {name: value for name, value in form.cleaned_data.items() if name not in ("reason", "seen_version")}


def _seen() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)


class PolicyWish(Wished, forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Of a policy that is there, or of a new one."""

    about = ProposalAbout.POLICY
    company = CompanyField()
    reason = _reason()
    seen_version = _seen()

    class Meta:
        model = SlaPolicy
        fields: ClassVar = [
            *("name", "kind", "is_active", "order", "retroactive"),
            *("ticket_type", "priority", "customer_tier", "company", "team", "category", "calendar"),
            *TARGETS.values(),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            is_sla = self.instance.kind == PolicyKind.SLA
            foreign = [TARGETS[metric] for metric in (OF_HELPERS if is_sla else OF_CUSTOMERS)]
            for name in ("kind", *foreign, *(() if is_sla else ("calendar",))):
                del self.fields[name]

    groups = (
        ("", ["name", "kind", "is_active", "order", "retroactive"]),
        (
            gettext_lazy("For whom; what is empty holds for all"),
            ["ticket_type", "priority", "customer_tier", "company", "team", "category"],
        ),
        (gettext_lazy("Promised to the customer"), ["calendar", *(TARGETS[metric] for metric in OF_CUSTOMERS)]),
        (gettext_lazy("Promised between teams, or by a vendor"), [TARGETS[metric] for metric in OF_HELPERS]),
        (gettext_lazy("Why"), ["reason", "seen_version"]),
    )


class RuleWish(Wished, forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    about = ProposalAbout.ALERT_RULE
    groups = (
        ("", ["threshold_minutes", "recipients", "is_active"]),
        (gettext_lazy("Why"), ["reason", "seen_version"]),
    )
    recipients = forms.MultipleChoiceField(
        label=gettext_lazy("Recipients"), choices=Recipient.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = _reason()
    seen_version = _seen()

    class Meta:
        model = AlertRule
        fields: ClassVar = ["threshold_minutes", "recipients", "is_active"]


class CalendarWish(Wished, forms.Form):
    """Hours as people write them: a line for each weekday, holidays one a line."""

    about = ProposalAbout.CALENDAR
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    timezone = forms.CharField(label=gettext_lazy("Time zone"), max_length=64, help_text=gettext_lazy("IANA name"))
    is_24x7 = forms.BooleanField(label=gettext_lazy("Always open"), required=False)
    holidays = forms.CharField(
        label=gettext_lazy("Holidays of its own"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "One a line: 2026-12-24 Christmas Eve. A half day has its hours at the end, as 08:00–12:00; a star after "
            "that means every year. Public holidays follow by themselves."
        ),
    )
    reason = _reason()
    seen_version = _seen()

    def __init__(self, *args: Any, instance: BusinessCalendar, **kwargs: Any) -> None:
        kwargs["initial"] = _written(values_of(ProposalAbout.CALENDAR, instance)) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        days = {_weekday(number): str(label) for number, label in WEEKDAYS}
        for name, label in days.items():
            self.fields[name] = forms.CharField(label=label, required=False, max_length=200)
        hint = _("As 08:00–12:00, 13:00–18:00; empty: closed. An end before its start lies on the next day.")
        self.fields[_weekday(0)].help_text = hint
        self.groups = (
            ("", ["name", "timezone", "is_24x7"]),
            (_("Open hours"), list(days)),
            (_("Holidays"), ["holidays"]),
            (_("Why"), ["reason", "seen_version"]),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        windows: list[dict[str, int]] = []
        for number, _label in WEEKDAYS:
            text = cleaned.pop(_weekday(number), "")
            try:
                windows += [dict(zip(WINDOW, (number, *span), strict=True)) for span in _spans(text)]
            except ValidationError as error:
                self.add_error(_weekday(number), error)
        try:
            cleaned["holidays"] = _holidays(cleaned.get("holidays", ""))
        except ValidationError as error:
            self.add_error("holidays", error)
        return cleaned | {"windows": windows}


def _weekday(number: int) -> str:
    return f"hours_{number}"


def _written(values: dict[str, Any]) -> dict[str, Any]:
    """A calendar's values as its form shows them."""
    hours: dict[str, list[str]] = {}
    for part in values["windows"]:
        hours.setdefault(_weekday(part["weekday"]), []).append(span_of(part))
    lines = [holiday_line(part) for part in values["holidays"]]
    shown = {name: values[name] for name in ("name", "timezone", "is_24x7")}
    return {**shown, **{name: ", ".join(spans) for name, spans in hours.items()}, "holidays": "\n".join(lines)}


def span_of(part: dict[str, Any]) -> str:
    return f"{clock(part['start_minute'])}–{clock(part['end_minute'])}"


def holiday_line(part: dict[str, Any]) -> str:
    half = f" {span_of(part)}" if part["start_minute"] is not None else ""
    return f"{part['on']} {part['name']}{half}{' *' if part['is_recurring'] else ''}"


def _spans(text: str) -> list[tuple[int, int]]:
    return [_span(piece.strip()) for piece in text.split(",") if piece.strip()]


def _span(text: str) -> tuple[int, int]:
    found = SPAN.fullmatch(text)
    if found is None:
        raise ValidationError(_("Write hours as 08:00–12:00, several with a comma between them."))
    hours = [int(number) for number in found.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if max(hours[1], hours[3]) > 59 or start >= MINUTES_A_DAY or end > MINUTES_A_DAY:
        raise ValidationError(_("Write a time of day as 08:30; 24:00 is the end of the day."))
    return start, end or MINUTES_A_DAY


def _holidays(text: str) -> list[dict[str, Any]]:
    return [_holiday(line.strip()) for line in text.splitlines() if line.strip()]


def _holiday(line: str) -> dict[str, Any]:
    found = DAY.fullmatch(line)
    try:
        on = date.fromisoformat(found[1]) if found else None
    except ValueError:
        on = None
    if found is None or on is None:
        raise ValidationError(_("This line is no date with a name: %(line)s"), params={"line": line[:80]})
    if len(found[2]) > 100:
        raise ValidationError(_("The name of %(day)s is too long."), params={"day": date_format(on)})
    start, end = _span(found[3]) if found[3] else (None, None)
    return dict(zip(HOLIDAY, (on.isoformat(), found[2], bool(found[4]), start, end), strict=True))


class DecisionForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,  # asked for by the service where it is declined
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Needed to decline. Whoever proposed it reads it."),
    )
