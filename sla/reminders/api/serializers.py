"""Reminders as the API shows them, and what clients send about them."""

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.fields import In, Instant, Line, OffsetInstant, Out, PersonOut, Query
from sla.reminders.enums import OWN, Frequency, ReminderKind, ReminderStatus
from sla.reminders.models import Reminder
from sla.reminders.recurrence import MOST_BETWEEN
from sla.reminders.services import Rhythm
from sla.reminders.services.own import LONGEST
from sla.reminders.wording import describe, reference_of


class RecurrenceOut(Out):
    frequency = serializers.ChoiceField(choices=Frequency.choices)
    interval = serializers.IntegerField(help_text="every so many days, weeks or months")
    end_on = serializers.DateField(allow_null=True, help_text="the last day, by the person's own clock")


class ReminderOut(Out):
    """One reminder. Rows must come from `reminders_of`, which asks what is in sight today."""

    id = serializers.UUIDField()
    agent = PersonOut(help_text="whose it is: the reader's own, or that of a colleague they cover for")
    ticket = serializers.SerializerMethodField(help_text="its reference, while the reader may see it")
    kind = serializers.ChoiceField(choices=ReminderKind.choices)
    message = serializers.SerializerMethodField(help_text="own words, or the desk's in the reader's language")
    trigger_at = Instant()
    status = serializers.ChoiceField(choices=ReminderStatus.choices)
    snooze_until = Instant(allow_null=True)
    triggered_at = Instant(allow_null=True)
    ended_at = Instant(allow_null=True)
    recurrence = serializers.SerializerMethodField()
    is_automatic = serializers.BooleanField(help_text="made by the desk; it goes when its reason is gone")
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field({"type": ["string", "null"]})
    def get_ticket(self, reminder: Reminder) -> str | None:
        return reference_of(reminder) or None

    def get_message(self, reminder: Reminder) -> str:
        return describe(reminder)

    @extend_schema_field(RecurrenceOut(allow_null=True))
    def get_recurrence(self, reminder: Reminder) -> dict[str, Any] | None:
        if not reminder.frequency:
            return None
        end: date | None = reminder.end_on
        return {
            "frequency": reminder.frequency,
            "interval": reminder.interval,
            "end_on": end.isoformat() if end else None,
        }


class ReminderQuery(Query):
    status = serializers.ChoiceField(required=False, choices=["open", *ReminderStatus.values])
    kind = serializers.ChoiceField(required=False, choices=ReminderKind.choices)
    ticket = serializers.CharField(required=False, max_length=20, help_text="reference")


class RecurrenceIn(In):
    frequency = serializers.ChoiceField(choices=Frequency.choices)
    interval = serializers.IntegerField(required=False, default=1, min_value=1, max_value=MOST_BETWEEN)
    end_on = serializers.DateField(required=False, allow_null=True, default=None)

    def to_internal_value(self, data: Any) -> Any:
        return Rhythm(**super().to_internal_value(data))


class ReminderVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class ReminderIn(In):
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in OWN])
    ticket = serializers.CharField(required=False, allow_null=True, default=None, max_length=20, help_text="reference")
    message = Line(required=False, allow_blank=True, default="", max_length=LONGEST)
    trigger_at = OffsetInstant(
        required=False, allow_null=True, default=None, help_text="a check-in comes after 24 hours without it"
    )
    recurrence = RecurrenceIn(required=False, allow_null=True, default=None, source="rhythm")


class ReminderPatch(ReminderVersionIn):
    message = Line(required=False, allow_blank=True, max_length=LONGEST)
    trigger_at = OffsetInstant(required=False)
    recurrence = RecurrenceIn(required=False, allow_null=True, source="rhythm")


class SnoozeIn(ReminderVersionIn):
    until = OffsetInstant(required=False, allow_null=True, default=None, help_text="without it, 30 minutes from now")
