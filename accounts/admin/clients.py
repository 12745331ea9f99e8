"""Programs that use the API."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import services
from accounts.enums import Scope
from accounts.models import ApiClient
from accounts.policies import may_manage_people, may_see_people_settings
from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = ApiClient
        fields: ClassVar = ["name", "scopes", "teams", "is_active"]
        widgets: ClassVar = {"teams": forms.CheckboxSelectMultiple}


@admin.register(ApiClient)
class ClientAdmin(PolicyAdmin):
    form = ClientForm
    list_display = ("name", "scope_names", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    actions = ("issue_token", "end_tokens")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)

    def may_add(self, by: Actor) -> bool:
        return may_manage_people(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_manage_people(by)

    def get_fields(self, request: HttpRequest, obj: ApiClient | None = None) -> Any:
        return ["name", "scopes", "teams", *(["is_active"] if obj else [])]

    def save_model(self, request: HttpRequest, obj: ApiClient, form: Any, change: bool) -> None:
        by, values = actor_in(request), dict(form.cleaned_data)
        values["scopes"] = [Scope(scope) for scope in values["scopes"]]
        if change:
            saved = services.edit_api_client(obj.pk, by=by, **values)
        else:
            saved = services.create_api_client(values.pop("name"), by=by, **values)
        obj.__dict__.update(saved.__dict__)

    @admin.display(description=gettext_lazy("Scopes"))
    def scope_names(self, client: ApiClient) -> str:
        return ", ".join(client.scopes)

    @admin.action(description=gettext_lazy("Make a token (shown once)"), permissions=["change"])
    def issue_token(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> HttpResponse | None:
        clients = list(queryset[:2])
        if len(clients) != 1:
            self.message_user(request, _("Choose one client."), messages.ERROR)
            return None
        token = services.issue_token(clients[0].pk, by=actor_in(request))
        lasts: timedelta = settings.REST_KNOX["TOKEN_TTL"]  # type: ignore[assignment]  # the plugin reads a plain dict
        hours = int(lasts.total_seconds() // 3600)
        facts = {"title": _("Token of %(name)s") % {"name": clients[0].name}, "token": token, "hours": hours}
        answer = TemplateResponse(request, "admin/token.html", self.admin_site.each_context(request) | facts)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.action(description=gettext_lazy("End all tokens"), permissions=["change"])
    def end_tokens(self, request: HttpRequest, queryset: QuerySet[ApiClient]) -> None:
        by = actor_in(request)
        done = _("Clients without tokens now: %(count)d")
        self.each(request, queryset, lambda client: services.end_tokens(client.pk, by=by), done)
