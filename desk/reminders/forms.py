"""Forms of reminders; what may be done is decided by the services."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from desk.forms import moment_field
from sla.reminders.enums import OF_A_TICKET, REVIEWS, Frequency, ReminderKind
from sla.reminders.models import Reminder
from sla.reminders.recurrence import MOST_BETWEEN, at_local
from sla.reminders.services import Rhythm
from sla.reminders.services.own import LONGEST

MORNING = time(9)
AT = "at"
WHEN = (
    ("hour", _("In an hour")),
    ("hours", _("In four hours")),
    ("tomorrow", _("Tomorrow at 09:00")),
    ("day", _("In 24 hours")),
    ("monday", _("Next Monday at 09:00")),
    (AT, _("At a moment I name")),
)
SNOOZES = (("30", _("30 minutes")), ("60", _("1 hour")), ("180", _("3 hours")), ("tomorrow", _("Tomorrow at 09:00")))
REPEATING = ("frequency", "interval", "end_on")
KINDS = {kind: kind.label for kind in ReminderKind}


def moment_of(when: str, *, agent: Agent, now: datetime) -> datetime:
    """A moment by its name, by the person's clock."""
    zone = ZoneInfo(agent.timezone)
    today = now.astimezone(zone).date()
    match when:
        case "hour":
            return now + timedelta(hours=1)
        case "hours":
            return now + timedelta(hours=4)
        case "day":
            return now + timedelta(hours=24)
        case "monday":
            return at_local(datetime.combine(today + timedelta(days=7 - today.weekday()), MORNING), zone)
    return at_local(datetime.combine(today + timedelta(days=1), MORNING), zone)


class _Words(forms.Form):
    message = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Only you read it."),
    )


class _Again(forms.Form):
    frequency = forms.ChoiceField(label=_("Again"), choices=[("", _("Not again")), *Frequency.choices], required=False)
    interval = forms.IntegerField(
        label=_("Every so many days, weeks or months"), required=False, min_value=1, max_value=MOST_BETWEEN
    )
    end_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def rhythm(self) -> Rhythm | None:
        """As the service takes it; what is left over in a field nobody chose counts for nothing."""
        frequency, interval = self.cleaned_data.get("frequency", ""), self.cleaned_data.get("interval")
        end_on = self.cleaned_data.get("end_on")
        return Rhythm(frequency=frequency, interval=interval or 1, end_on=end_on) if frequency else None


class ReminderForm(_Again, _Words):
    """`for_ticket`: below a ticket, where it is about that one; else of something else, or a review."""

    kind = forms.ChoiceField(label=_("What for?"))
    when = forms.ChoiceField(label=_("When?"), choices=WHEN)
    trigger_at = moment_field(required=False)
    field_order = ("kind", "message", "when", "trigger_at", "frequency", "interval", "end_on")

    def __init__(self, data: Any = None, *, agent: Agent, for_ticket: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.agent, self.for_ticket = agent, for_ticket
        kinds = (*OF_A_TICKET, ReminderKind.CUSTOM) if for_ticket else (ReminderKind.CUSTOM, *REVIEWS)
        self.fields["kind"].choices = [(kind.value, KINDS[kind]) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["when"].initial = "tomorrow"
        self.fields["trigger_at"].help_text = _("With “at a moment I name”, by your own clock.")

    def clean(self) -> dict[str, Any]:
        """`trigger_at` and `rhythm` as the service takes them."""
        cleaned = super().clean() or self.cleaned_data
        when = cleaned.pop("when", "")
        if when and when != AT:
            cleaned["trigger_at"] = moment_of(when, agent=self.agent, now=timezone.now())
        cleaned["rhythm"] = self.rhythm()
        for name in REPEATING:
            cleaned.pop(name, None)
        return cleaned


class EditReminderForm(_Again, _Words):
    """Only what somebody has changed is written, so that a moment keeps its seconds and a rhythm its first run."""

    trigger_at = moment_field(required=True)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
    field_order = ("message", "trigger_at", "frequency", "interval", "end_on", "version")

    def __init__(self, data: Any = None, *, reminder: Reminder, **kwargs: Any) -> None:
        at = timezone.localtime(reminder.trigger_at).replace(second=0, microsecond=0)
        names = ("message", "frequency", "interval", "end_on", "version")
        super().__init__(data, initial={"trigger_at": at} | {n: getattr(reminder, n) for n in names}, **kwargs)
        self.fields["trigger_at"].help_text = _("By your own clock.")

    def values(self) -> dict[str, Any]:
        changed = set(self.changed_data)
        found = {name: self.cleaned_data[name] for name in ("message", "trigger_at") if name in changed}
        return found | ({"rhythm": self.rhythm()} if changed & set(REPEATING) else {})


class SnoozeForm(forms.Form):
    until = forms.ChoiceField(label=_("Snooze for"), choices=SNOOZES, required=False)

    def moment(self, agent: Agent) -> datetime | None:
        """None: as long as usual."""
        chosen = str(self.cleaned_data.get("until", ""))
        now = timezone.now()
        if chosen.isdigit():
            return now + timedelta(minutes=int(chosen))
        return moment_of(chosen, agent=agent, now=now) if chosen else None
