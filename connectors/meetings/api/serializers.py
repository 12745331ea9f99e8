"""Meetings as the API shows them, and what clients send about them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from connectors.meetings.enums import Answer, MeetingState
from connectors.meetings.models import Meeting
from connectors.meetings.services.arranging import (
    LEAST_MINUTES,
    LONGEST_FAREWELL,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_MINUTES,
)
from connectors.meetings.services.people import MOST
from core.api.fields import In, Instant, Line, OffsetInstant, Out, PersonOut, Text


class AttendeeOut(Out):
    email = serializers.EmailField()
    answer = serializers.ChoiceField(choices=Answer.choices, help_text="as far as the calendar has told")


class MeetingOut(Out):
    """One meeting. Rows come with what is shown of them (`MeetingQuerySet.with_all`)."""

    id = serializers.UUIDField()
    ticket = serializers.CharField(source="ticket.reference", help_text="its reference")
    envelope = serializers.UUIDField(source="envelope_id", allow_null=True, help_text="in whose thread it belongs")
    title = serializers.CharField()
    text = serializers.CharField()
    starts_at = Instant()
    ends_at = Instant()
    minutes = serializers.IntegerField()
    attendees = serializers.SerializerMethodField()
    is_online = serializers.BooleanField(help_text="with a link to join in Teams")
    join_url = serializers.CharField(source="in_calendar.join_url", help_text="empty until the calendar has made it")
    state = serializers.ChoiceField(choices=MeetingState.choices)
    is_cancelled = serializers.BooleanField()
    last_error = serializers.SerializerMethodField(help_text="one sentence; empty where nothing has failed")
    calendar = serializers.EmailField(source="mailbox", help_text="the shared mailbox in whose calendar it stands")
    arranged_by = PersonOut()
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    @extend_schema_field(AttendeeOut(many=True))
    def get_attendees(self, meeting: Meeting) -> list[dict[str, Any]]:
        answers = meeting.in_calendar.answers
        return [{"email": address, "answer": answers.get(address, Answer.NONE)} for address in meeting.attendees]

    def get_last_error(self, meeting: Meeting) -> str:
        return str(meeting.in_calendar.error or "")


def addresses(*, required: bool) -> serializers.ListField:
    help_text = "e-mail addresses; of an envelope's meeting only those of its people"
    return serializers.ListField(child=Line(max_length=320), required=required, max_length=MOST, help_text=help_text)


def minutes(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=LEAST_MINUTES, max_value=MOST_MINUTES, **more)


class MeetingVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class MeetingIn(MeetingVersionIn):
    """`version` is that of the ticket, or of the envelope."""

    title = Line(max_length=LONGEST_TITLE)
    starts_at = OffsetInstant()
    minutes = minutes(required=False, default=30)
    attendees = addresses(required=True)
    text = Text(required=False, allow_blank=True, default="", max_length=LONGEST_TEXT)
    is_online = serializers.BooleanField(required=False, default=True)


class MeetingPatch(MeetingVersionIn):
    title = Line(required=False, max_length=LONGEST_TITLE)
    starts_at = OffsetInstant(required=False)
    minutes = minutes(required=False)
    attendees = addresses(required=False)


class MeetingCancelIn(MeetingVersionIn):
    farewell = Text(
        required=False, allow_blank=True, default="", max_length=LONGEST_FAREWELL, help_text="what the attendees read"
    )
