"""Who may sign in with Microsoft, and which roles follow from which groups."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Agent
from accounts.policies import may_manage_people, may_see_people_settings
from connectors.base.models import Connection
from connectors.entra import services
from connectors.entra.models import GroupRole, MicrosoftAccount
from connectors.entra.selectors import KIND
from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in


class OfTenants(PolicyAdmin):
    list_select_related = ("connection",)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)

    def may_add(self, by: Actor) -> bool:
        return may_manage_people(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_manage_people(by)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "connection":
            kwargs["queryset"] = Connection.objects.of_kind(KIND)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(MicrosoftAccount)
class MicrosoftAccountAdmin(OfTenants):
    list_display = ("agent", "connection", "object_id", "linked_at", "is_active")
    list_filter = ("is_active", "connection")
    search_fields = ("agent__name", "agent__email", "object_id")
    fields = ("connection", "agent", "object_id", "is_active", "tenant_id", "linked_at")
    readonly_fields = ("tenant_id", "linked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose it is stays: another person gets a row of their own."""
        return [*self.readonly_fields, *(("connection", "agent") if obj else ())]

    def rows_for(self, rows: QuerySet[MicrosoftAccount], by: Agent) -> QuerySet[MicrosoftAccount]:
        return rows.select_related("agent", "connection")

    def save_model(self, request: HttpRequest, obj: MicrosoftAccount, form: forms.Form, change: bool) -> None:
        services.save_account(obj, by=actor_in(request))


@admin.register(GroupRole)
class GroupRoleAdmin(OfTenants):
    list_display = ("name", "granted_by", "value", "role", "connection", "is_active")
    list_filter = ("role", "is_active", "connection")
    search_fields = ("name", "value")
    fields = ("connection", "granted_by", "value", "name", "role", "is_active")

    def save_model(self, request: HttpRequest, obj: GroupRole, form: forms.Form, change: bool) -> None:
        services.save_group_role(obj, by=actor_in(request))
