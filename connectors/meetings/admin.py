"""Meetings for operators: when, in which calendar, how far. What they are about is read on their ticket."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy

from connectors.base.policies import may_see_connections
from connectors.meetings.models import Meeting
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin

WORDS = frozenset({"ticket", "origin", "envelope", "arranged_by", "title", "text", "attendees", "farewell"})
"""What it is about, and with whom."""


@admin.register(Meeting)
class MeetingAdmin(ReadOnlyAdmin):
    list_display = ("starts_at", "ends_at", "connection", "status", "state_text", "attempts", "error_text")
    list_filter = ("status", "connection")
    list_select_related = ("connection", "in_calendar")
    fields = (
        "connection",
        "mailbox",
        "starts_at",
        "ends_at",
        "is_online",
        "status",
        "cancelled_at",
        "created_at",
        "state_text",
        "attempts",
        "error_text",
    )

    def hidden_fields(self, by: Actor, obj: Any) -> frozenset[str]:
        """Of its history, too: an admin configures, and reads no ticket (permissions.md section 1)."""
        return WORDS

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_connections(by)

    @admin.display(description=gettext_lazy("state"))
    def state_text(self, obj: Meeting) -> str:
        return str(obj.state.label)

    @admin.display(description=gettext_lazy("attempts"))
    def attempts(self, obj: Meeting) -> int:
        return obj.in_calendar.attempts

    @admin.display(description=gettext_lazy("last error"))
    def error_text(self, obj: Meeting) -> str:
        return str(obj.in_calendar.error or "")
