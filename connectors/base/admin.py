"""Connections, for admins: what they are set to. How they are stands on the page that the health view shows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from connectors.base.forms import ConnectionForm
from connectors.base.kinds import all_kinds, kind_named
from connectors.base.models import Connection
from connectors.base.policies import may_change_connections, may_see_connections
from connectors.base.selectors import standing_of
from connectors.base.services import add_connection, change_connection
from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in
from core.errors import Invalid

HEALTH = ("state", "last_success_at", "last_failure_text", "tested_at")


def _kind_in(request: HttpRequest) -> str:
    return request.GET.get("kind") or request.POST.get("kind", "")


def _form_for(request: HttpRequest) -> type[ConnectionForm]:
    return type("ConnectionForm", (ConnectionForm,), {"asked_kind": _kind_in(request)})


@admin.register(Connection)
class ConnectionAdmin(PolicyAdmin):
    """A row is never deleted: what came through it names it. Switched off, it sends nothing."""

    list_display = ("name", "kind", "is_active", "state", "last_success_at", "last_failure_text")
    search_fields = ("name",)
    form = ConnectionForm

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_connections(by)

    def may_add(self, by: Actor) -> bool:
        return may_change_connections(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_change_connections(by)

    @admin.display(description=_("state"))
    def state(self, obj: Connection) -> str:
        return str(standing_of([obj])[0].state.label)

    @admin.display(description=_("last failure"))
    def last_failure_text(self, obj: Connection) -> str:
        return str(obj.failure or "")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The fields hang on the kind, so Django is not to look for them in the model."""
        if self.may_add(actor_in(request)):
            kwargs |= {"fields": ("name", "is_active"), "form": _form_for(request)}
        return super().get_form(request, obj, change=change, **kwargs)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First which system it is, then what that asks for."""
        if request.method != "GET" or kind_named(_kind_in(request)) or not self.may_add(actor_in(request)):
            return super().add_view(request, form_url, extra_context)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "kinds": all_kinds()}
        return TemplateResponse(request, "admin/choose_kind.html", context | {"title": _("Which system?")})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.may_add(actor_in(request)):  # readers see the settings as they are kept, and of secrets nothing
            return ["kind", "name", "is_active", "settings", *HEALTH]
        asked = list(_form_for(request)(instance=obj or Connection()).fields)
        return ["kind", *(name for name in asked if name != "kind"), *(HEALTH if obj else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return HEALTH

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by, given, kind = actor_in(request), form.given(), form.cleaned_data["kind"]
        try:
            if change:
                change_connection(obj, by=by, **given)
                return
            obj.pk = add_connection(kind, by=by, name=obj.name, is_active=obj.is_active, **given).pk
        except Invalid as refusal:  # each sentence at its field, which is named after the kind as well
            names = {name: name if name in form.fields else f"{kind}__{name}" for name in refusal.fields}
            raise Invalid({names[name]: list(texts) for name, texts in refusal.fields.items()}) from refusal
