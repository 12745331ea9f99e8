"""Browsers that take messages, for operators: whose, and how sending goes; not their keys."""

from typing import Any

from django.contrib import admin

from accounts.policies import may_see_people_settings
from connectors.push.models import PushSubscription
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("agent", "device", "created_at", "last_success_at", "last_error")
    list_select_related = ("agent",)
    search_fields = ("agent__name", "device")
    fields = ("agent", "device", "created_at", "last_success_at", "last_error")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)
