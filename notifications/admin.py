"""What was delivered to whom, for operators: states and errors, not what was said; what failed is tried again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.policies import may_manage_people, may_see_people_settings
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin, actor_in
from notifications.models import Delivery, NotificationPreference, QuietHours
from notifications.services import retry_delivery


class RecordAdmin(ReadOnlyAdmin):
    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return may_manage_people(actor_in(request))


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ("recipient", "channel", "timing", "urgency", "status", "because", "scheduled_for", "attempts")
    list_filter = ("status", "channel", "urgency")
    list_select_related = ("recipient",)
    search_fields = ("recipient__name", "recipient__email")
    ordering = ("-scheduled_for",)
    actions = ("try_again",)

    @admin.action(description=gettext_lazy("Try again"), permissions=["manage"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        by = actor_in(request)
        done = _("Tried again: %(count)d")
        self.each(request, queryset.filter(failed_at__isnull=False), lambda row: retry_delivery(row.pk, by=by), done)


@admin.register(NotificationPreference)
class NotificationPreferenceAdmin(RecordAdmin):
    """Read only: how somebody is told is theirs to say."""

    list_display = ("agent", "event_type", "channels", "timing", "quiet_from", "quiet_to")
    list_filter = ("event_type", "timing")
    list_select_related = ("agent",)
    search_fields = ("agent__name",)


@admin.register(QuietHours)
class QuietHoursAdmin(RecordAdmin):
    list_display = ("agent", "quiet_from", "quiet_to")
    list_select_related = ("agent",)
    search_fields = ("agent__name",)
