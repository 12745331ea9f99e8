"""Backlogs of days in the operators' window: that they were written down, and when."""

from typing import Any

from django.contrib import admin

from accounts.policies import may_see_people_settings
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin
from reports.models import BacklogSnapshot


@admin.register(BacklogSnapshot)
class BacklogSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("on", "taken_at")
    fields = ("on", "taken_at")
    ordering = ("-on",)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)
