"""Notifications as the API shows them, and what clients send about them."""

from typing import Any

from rest_framework import serializers

from core.api.fields import In, Instant, Out, Query
from notifications.enums import EventType, Urgency
from notifications.models import Notification
from notifications.wording import describe, is_told_of_its_ticket


class NotificationOut(Out):
    """One thing the reader was told. Rows must come from `notifications_of`, which asks what is in sight today."""

    id = serializers.UUIDField()
    event_type = serializers.ChoiceField(choices=EventType.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    ticket = serializers.SerializerMethodField(help_text="its reference, while the reader may see it")
    text = serializers.SerializerMethodField(help_text="one sentence in the reader's language")
    read_at = Instant(allow_null=True)
    created_at = Instant()
    updated_at = Instant()
    version = serializers.IntegerField()

    def get_ticket(self, notification: Notification) -> str | None:
        ticket = notification.ticket
        return ticket.reference if ticket is not None and is_told_of_its_ticket(notification) else None

    def get_text(self, notification: Notification) -> str:
        return describe(notification)


class ReadCountOut(Out):
    read = serializers.IntegerField(help_text="how many were unread before")


class NotificationQuery(Query):
    is_read = serializers.BooleanField(required=False)
    event_type = serializers.ChoiceField(required=False, choices=EventType.choices)
    ticket = serializers.CharField(required=False, max_length=20, help_text="reference")


class NotificationVersionIn(In):
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the one you saw")


class ReadIn(In):
    ids: Any = serializers.ListField(
        required=False, child=serializers.UUIDField(), max_length=200, help_text="these alone; without it, all"
    )
