"""What tickets are sorted by, and the texts that are kept for them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.enums import Role
from accounts.models import Agent
from accounts.policies import may_manage_people, may_open_admin
from core.actors import Actor
from core.admin_site import PolicyAdmin, ReadOnlyAdmin, actor_in
from tickets.enums import TextScope, ViewScope
from tickets.models import (
    CannedResponse,
    Category,
    EmpowermentConfig,
    SavedView,
    Tag,
    TeamSignature,
    TicketTemplate,
)
from tickets.placeholders import refuse_unknown
from tickets.saved_views import views_in_sight
from tickets.services.texts import check_text, settle_holder


class SettingAdmin(PolicyAdmin):
    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def may_add(self, by: Actor) -> bool:
        return may_manage_people(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_manage_people(by)


@admin.register(Category)
class CategoryAdmin(SettingAdmin):
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)


@admin.register(Tag)
class TagAdmin(SettingAdmin):
    search_fields = ("name",)


class SharedTextAdmin(SettingAdmin):
    """Texts of teams and of everybody; what people keep for themselves is theirs alone."""

    list_display: tuple[str, ...] = ("title", "scope", "team")
    list_filter = ("scope",)
    list_select_related = ("team",)
    search_fields = ("title",)
    exclude = ("owner",)

    def rows_for(self, rows: QuerySet[Any], by: Any) -> QuerySet[Any]:
        return rows.exclude(scope=TextScope.PERSONAL)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "scope":
            kwargs["choices"] = [choice for choice in TextScope.choices if choice[0] != TextScope.PERSONAL]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With all of the row's rules: Django's form looks at none that concerns a field it does not show."""
        settle_holder(obj, by=actor_in(request))
        if isinstance(obj, CannedResponse):
            refuse_unknown(obj.body)
        check_text(obj)
        super().save_model(request, obj, form, change)


@admin.register(CannedResponse)
class CannedResponseAdmin(SharedTextAdmin):
    list_display = ("title", "scope", "team", "language", "shortcut", "is_enforced_for_flag")


@admin.register(TicketTemplate)
class TicketTemplateAdmin(SharedTextAdmin):
    pass


@admin.register(TeamSignature)
class TeamSignatureAdmin(SettingAdmin):
    list_display = ("team", "language")
    list_select_related = ("team",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        refuse_unknown(obj.text, field="text")
        super().save_model(request, obj, form, change)


@admin.register(EmpowermentConfig)
class EmpowermentConfigAdmin(SettingAdmin):
    """Read by supervisors and above, as the rest of the configuration; each change is in its history."""

    list_display = ("team", "currency", "tier1_limit", "tier2_limit", "vip_limit_factor")
    list_filter = ("currency",)
    list_select_related = ("team",)
    search_fields = ("team__name",)


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    """Lists that are shared: to look up who keeps which. They are changed where they are looked at."""

    list_display = ("name", "scope", "team", "owner", "base", "sort", "position")
    list_filter = ("scope", "team")
    list_select_related = ("team", "owner")
    search_fields = ("name", "slug")
    ordering = ("position", "name")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def rows_for(self, rows: QuerySet[SavedView], by: Agent) -> QuerySet[SavedView]:
        shared = rows.exclude(scope=ViewScope.PERSONAL)
        if by.has_role(Role.AUDITOR, Role.ADMIN):
            return shared
        return shared.filter(pk__in=views_in_sight(by).order_by().values("pk"))
