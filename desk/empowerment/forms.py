"""Forms of resolutions and calibration; what may be done is decided by the services."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import Text
from tickets.enums import FlagType
from tickets.flagging import photo_or_waiver
from tickets.models import Ticket
from tickets.resolution_enums import CalibrationOutcome, DamageCheck, ResolutionType, WhatWentWrong, WhyEligible
from tickets.tiers import USUAL_CURRENCY

EMPTY: list[tuple[str, Text]] = [("", "–")]


def _words(label: Any, *, is_required: bool = True, rows: int = 3, most: int = 5000) -> forms.CharField:
    """`label`: Any, as lazy texts have another type in Django's stubs than elsewhere."""
    return forms.CharField(
        label=label, required=is_required, max_length=most, widget=forms.Textarea(attrs={"rows": rows})
    )


class ResolutionForm(forms.Form):
    """When, channel, product and region come from the ticket."""

    what_went_wrong_category = forms.ChoiceField(label=_("What went wrong"), choices=[*EMPTY, *WhatWentWrong.choices])
    what_went_wrong = _words(_("What went wrong, in words"))
    why_eligible_category = forms.ChoiceField(label=_("Why eligible"), choices=[*EMPTY, *WhyEligible.choices])
    why_eligible = _words(_("Why eligible, in words"))
    resolution_type = forms.ChoiceField(label=_("What is done"), choices=[*EMPTY, *ResolutionType.choices])
    amount = forms.DecimalField(
        label=_("Amount"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        help_text=_("Needed for a credit or a refund; otherwise empty if nothing of value is granted."),
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, initial=USUAL_CURRENCY)
    resolution_details = _words(_("Details"), is_required=False)
    known = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    """How many stood on the ticket when the form was shown."""

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if FlagType.PHYSICAL_DAMAGE in ticket.flags:
            self.fields["damage_checklist"] = _damage_field(ticket)


def _damage_field(ticket: Ticket) -> forms.MultipleChoiceField:
    """Nothing of it is ticked beforehand; whether all of it has to be, the service knows by what is given."""
    hint = _("Tick each point before anything of value is given. The ticket has a photo of the damage, or a waiver.")
    if photo_or_waiver(ticket) is not None:
        hint = _("Tick each point before anything of value is given. Add a photo first, or waive it at the flag.")
    return forms.MultipleChoiceField(
        label=_("Eligibility checklist: physical damage"),
        choices=DamageCheck.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=hint,
    )


class ApproveForm(forms.Form):
    note = _words(_("Note"), is_required=False, most=2000)


class RejectForm(forms.Form):
    reason = _words(_("Reason"), most=2000)
    reason.help_text = _("Whoever asked for it reads this.")


class ReviewForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=CalibrationOutcome.choices, widget=forms.RadioSelect)
    notes = _words(_("Notes"), rows=4)


class WeekForm(forms.Form):
    """A past week, as browsers name it: 2026-W10."""

    week = forms.RegexField(
        r"^\d{4}-W\d{2}$",
        label=_("Week"),
        widget=forms.TextInput(attrs={"type": "week", "placeholder": "2026-W10", "autocomplete": "off"}),
        error_messages={"invalid": _("Write the week as 2026-W10.")},
    )

    def clean_week(self) -> tuple[int, int]:
        year, week = str(self.cleaned_data["week"]).split("-W")
        return int(year), int(week)


class PeriodForm(forms.Form):
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To, included"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
