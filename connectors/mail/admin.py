"""Mailboxes and blocked senders, for operators. The ledger has pages of its own."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.policies import may_manage_people, may_open_admin, may_see_people_settings
from connectors.mail.forms import SETTING_FIELDS, MailboxForm
from connectors.mail.models import BlockedSender, Mailbox
from connectors.mail.policies import may_unblock
from connectors.mail.services import add_mailbox, change_mailbox, unblock_sender
from core.actors import Actor
from core.admin_site import PolicyAdmin, actor_in
from core.history import record

HEALTH = ("last_polled_at", "last_error", "failed_polls", "next_poll_at", "reconciled_at", "compared")
"""How reading goes; written by the poll and the comparison alone."""


@admin.register(Mailbox)
class MailboxAdmin(PolicyAdmin):
    """The address never changes: answers to mails of years ago still come to it."""

    list_display = ("address", "team", "backend", "is_active", "sends_acknowledgement", "last_polled_at", "last_error")
    list_select_related = ("team",)
    search_fields = ("address",)
    form = MailboxForm
    fields = (
        *("address", "name", "backend", "connection", "team"),
        *("is_active", "sends_acknowledgement", "takes_plus_addresses"),
    )
    readonly_fields = HEALTH

    @admin.display(description=gettext_lazy("result of the comparison"))
    def compared(self, obj: Any) -> str:
        result = obj.reconciliation
        if not result:
            return _("not yet compared")
        if result.get("error"):
            return str(result["error"])
        return str(_("%(present)d in the mailbox, %(missing_count)d of them not in the ledger") % result)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_people_settings(by)

    def may_add(self, by: Actor) -> bool:
        return may_manage_people(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_manage_people(by)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Readers who change nothing see the settings as they are kept."""
        by = actor_in(request)
        settings = SETTING_FIELDS if self.may_add(by) else ("settings",)
        return [*super().get_fields(request, obj), *HEALTH, *settings]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return HEALTH if obj is None else ("address", *HEALTH)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = actor_in(request)
        if change:
            change_mailbox(obj, by=by, settings=form.settings)
            return
        made = add_mailbox(
            obj.address,
            backend=obj.backend,
            team=obj.team,
            by=by,
            name=obj.name,
            settings=form.settings,
            takes_plus_addresses=obj.takes_plus_addresses or None,
            connection=obj.connection,
        )
        made.is_active, made.sends_acknowledgement = obj.is_active, obj.sends_acknowledgement
        record(made, by=by)
        obj.pk = made.pk


@admin.register(BlockedSender)
class BlockedSenderAdmin(PolicyAdmin):
    """Blocked on the page of a ticket; here they are seen and heard again."""

    list_display = ("address", "blocked_by", "reason", "created_at")
    list_select_related = ("blocked_by",)
    search_fields = ("address",)
    actions = ("unblock",)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_open_admin(by)

    def has_unblock_permission(self, request: HttpRequest) -> bool:
        by = actor_in(request)
        return by is not None and may_unblock(by)

    @admin.action(description=gettext_lazy("Hear from them again"), permissions=["unblock"])
    def unblock(self, request: HttpRequest, queryset: QuerySet[BlockedSender]) -> None:
        by = actor_in(request)
        self.each(request, queryset, lambda row: unblock_sender(row.address, by=by), _("Unblocked: %(count)d"))
