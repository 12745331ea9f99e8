"""What the machinery does: account mails, and events on their way to receivers."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import services
from accounts.enums import AccountMailKind
from accounts.models import AccountMail
from accounts.policies import may_manage_people, may_see_people_settings
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin, actor_in
from core.events import retry_delivery
from core.models import EventDelivery


class MachineryAdmin(ReadOnlyAdmin):
    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return may_manage_people(actor_in(request))


@admin.register(AccountMail)
class AccountMailAdmin(MachineryAdmin):
    list_display = ("user", "kind", "created_at", "sent_at", "failed_at", "attempts")
    list_filter = ("kind", ("failed_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__email",)
    actions = ("send_again",)

    @admin.action(description=gettext_lazy("Send again"), permissions=["manage"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[AccountMail]) -> None:
        def again(mail: AccountMail) -> None:
            services.queue_account_mail(mail.user_id, AccountMailKind(mail.kind), to=mail.to)

        self.each(request, queryset.filter(user__is_active=True), again, _("Mails on their way: %(count)d"))


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    conditions = {  # read only
        "failed": Q(failed_at__isnull=False),
        "due": Q(done_at__isnull=True, failed_at__isnull=True),
        "done": Q(done_at__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", _("Failed")), ("due", _("Due")), ("done", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.conditions.get(self.value() or "", Q()))


@admin.register(EventDelivery)
class EventDeliveryAdmin(MachineryAdmin):
    """Rows of the outbox; a failed one can be sent on its way again."""

    list_display = ("event", "receiver", "created_at", "done_at", "failed_at", "attempts")
    list_filter = (StateFilter,)
    ordering = ("-id",)
    actions = ("try_again",)

    @admin.action(description=gettext_lazy("Try again"), permissions=["manage"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[EventDelivery]) -> None:
        failed = queryset.filter(failed_at__isnull=False)
        done = _("Tried again: %(count)d")
        self.each(request, failed, lambda delivery: retry_delivery(delivery.pk), done)
