"""What was posted to channels, for operators: states and errors; what failed is tried again."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.base.policies import may_change_connections, may_see_connections
from connectors.teams.enums import PostStatus
from connectors.teams.models import ChannelPost
from connectors.teams.services import retry_post
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin, actor_in


@admin.register(ChannelPost)
class ChannelPostAdmin(ReadOnlyAdmin):
    list_display = ("connection", "kind", "status", "created_at", "sent_at", "attempts", "error_text")
    list_filter = ("status", "kind")
    list_select_related = ("connection",)
    search_fields = ("connection__name",)
    fields = (
        "connection",
        "kind",
        "priority",
        "ticket_status",
        "status",
        "created_at",
        "next_attempt_at",
        "attempts",
        "sent_at",
        "failed_at",
        "error_text",
    )
    actions = ("try_again",)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_connections(by)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return may_change_connections(actor_in(request))

    @admin.display(description=gettext_lazy("last error"))
    def error_text(self, obj: ChannelPost) -> str:
        return str(obj.error or "")

    @admin.action(description=gettext_lazy("Try again"), permissions=["manage"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[ChannelPost]) -> None:
        by = actor_in(request)
        done = _("Tried again: %(count)d")
        self.each(request, queryset.filter(status=PostStatus.FAILED), lambda row: retry_post(row.pk, by=by), done)
