"""What tickets are sorted by."""

from typing import Any

from django.contrib import admin

from accounts.policies import may_manage_people, may_open_admin
from core.actors import Actor
from core.admin_site import PolicyAdmin
from tickets.models import Category, Tag


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
