"""Tickets, timeline, outgoing messages, transfers and refused acts. Nothing here is editable, for nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, Exists, OuterRef, QuerySet, UUIDField, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.enums import Role
from accounts.models import Agent
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin
from core.models import RefusedAct
from tickets.enums import ASIDE, Visibility
from tickets.models import CaseFlag, OutboundMessage, OwnershipTransfer, Task, Ticket, TimelineEntry
from tickets.policies import may_read_records
from tickets.selectors import tickets_by_reference

UUID_TEXT = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class TicketRecordAdmin(ReadOnlyAdmin):
    """Supervisors and managers read what belongs to tickets in their scope, auditors all, admins nothing."""

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_read_records(by)


@admin.register(Ticket)
class TicketAdmin(TicketRecordAdmin):
    list_display = ("reference", "subject", "status", "priority", "team", "owner", "created_at")
    list_filter = ("status", "priority", "type", "team")
    list_select_related = ("team", "owner")
    search_fields = ("reference",)
    search_help_text = gettext_lazy("A reference, or a part of the subject")
    ordering = ("-created_at", "-id")
    change_form_template = "admin/tickets/ticket_form.html"
    history_parts = ("tag_links", "links_from", "links_to", "participants")

    def rows_for(self, rows: QuerySet[Ticket], by: Agent) -> QuerySet[Ticket]:
        return Ticket.objects.visible_to(by)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = {"id", "description_html", "score_breakdown", "remote_images_allowed"}
        return [field.name for field in Ticket._meta.fields if field.name not in hidden]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        named = tickets_by_reference(term).values("pk")
        if named.exists():
            return queryset.filter(pk__in=named), False
        return queryset.filter(subject__icontains=term), False


@admin.register(TimelineEntry)
class TimelineEntryAdmin(TicketRecordAdmin):
    list_display = ("seq", "ticket_reference", "kind", "visibility", "author_name", "created_at", "redacted_at")
    list_select_related = ("ticket",)
    search_fields = ("ticket__reference",)
    search_help_text = gettext_lazy("The reference of a ticket; its entries then stand here")
    ordering = ("seq",)

    def rows_for(self, rows: QuerySet[TimelineEntry], by: Agent) -> QuerySet[TimelineEntry]:
        visible = Ticket.objects.visible_to(by).filter(pk=OuterRef("ticket"))
        return rows.exclude(visibility=Visibility.ENVELOPE_ONLY).filter(Exists(visible))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in TimelineEntry._meta.fields if field.name not in ("id", "body_html")]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TimelineEntry], search_term: str
    ) -> tuple[QuerySet[TimelineEntry], bool]:
        """One ticket at a time: a list of all entries of a desk tells nobody anything."""
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False

    @admin.display(description=gettext_lazy("Ticket"), ordering="ticket__reference")
    def ticket_reference(self, entry: TimelineEntry) -> str:
        return entry.ticket.reference


@admin.register(OutboundMessage)
class OutboundMessageAdmin(TicketRecordAdmin):
    list_display = ("subject", "status", "kind", "author", "created_at", "sent_at", "attempts")
    list_filter = ("status", "kind")
    list_select_related = ("author",)
    search_fields = ("ticket__reference",)
    ordering = ("-created_at",)

    def rows_for(self, rows: QuerySet[OutboundMessage], by: Agent) -> QuerySet[OutboundMessage]:
        visible = Ticket.objects.visible_to(by).filter(pk=OuterRef("ticket"))
        return rows.exclude(kind__in=ASIDE).filter(Exists(visible))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in OutboundMessage._meta.fields if field.name not in ("id", "body_html")]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboundMessage], search_term: str
    ) -> tuple[QuerySet[OutboundMessage], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False


@admin.register(Task)
class TaskAdmin(TicketRecordAdmin):
    """Those that the reader sees on the ticket's page, hidden ones of envelopes and coaching included."""

    list_display = ("ticket_reference", "title", "status", "assigned_to", "team", "is_mandatory", "due_at")
    list_filter = ("status", "is_mandatory", "team")
    list_select_related = ("ticket", "assigned_to", "team")
    search_fields = ("ticket__reference",)
    search_help_text = gettext_lazy("The reference of a ticket; its tasks then stand here")
    ordering = ("-created_at", "-id")

    def rows_for(self, rows: QuerySet[Task], by: Agent) -> QuerySet[Task]:
        return Task.objects.shown_to(by).filter(Exists(Ticket.objects.visible_to(by).filter(pk=OuterRef("ticket"))))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*(field.name for field in Task._meta.fields if field.name != "id"), "blocked_by"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False

    @admin.display(description=gettext_lazy("Ticket"), ordering="ticket__reference")
    def ticket_reference(self, task: Task) -> str:
        return task.ticket.reference


@admin.register(CaseFlag)
class CaseFlagAdmin(TicketRecordAdmin):
    list_display = ("ticket_reference", "type", "reason", "added_by_name", "created_at", "cleared_at")
    list_filter = ("type", ("cleared_at", admin.EmptyFieldListFilter))
    list_select_related = ("ticket",)
    search_fields = ("ticket__reference",)
    search_help_text = gettext_lazy("The reference of a ticket; its flags then stand here")
    ordering = ("-created_at", "-id")

    def rows_for(self, rows: QuerySet[CaseFlag], by: Agent) -> QuerySet[CaseFlag]:
        return rows.filter(Exists(Ticket.objects.visible_to(by).filter(pk=OuterRef("ticket"))))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in CaseFlag._meta.fields if field.name not in ("id", "cause")]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CaseFlag], search_term: str
    ) -> tuple[QuerySet[CaseFlag], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False

    @admin.display(description=gettext_lazy("Ticket"), ordering="ticket__reference")
    def ticket_reference(self, flag: CaseFlag) -> str:
        return flag.ticket.reference


class AuditRecordAdmin(ReadOnlyAdmin):
    """The audit log: supervisors and managers in their scope, auditors and admins all of it."""

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_read_records(by) or (isinstance(by, Agent) and by.has_role(Role.ADMIN))


@admin.register(OwnershipTransfer)
class OwnershipTransferAdmin(AuditRecordAdmin):
    list_display = ("ticket_reference", "old_owner", "new_owner", "reason_code", "authorised_by", "created_at")
    list_filter = ("reason_code",)
    list_select_related = ("ticket", "old_owner", "new_owner", "authorised_by")
    search_fields = ("ticket__reference",)
    fields = ("ticket_reference", "old_owner", "new_owner", "reason_code", "reason", "authorised_by", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def rows_for(self, rows: QuerySet[OwnershipTransfer], by: Agent) -> QuerySet[OwnershipTransfer]:
        return rows.filter(ticket__in=Ticket.objects.transferable_by(by))

    @admin.display(description=gettext_lazy("Ticket"), ordering="ticket__reference")
    def ticket_reference(self, transfer: OwnershipTransfer) -> str:
        return transfer.ticket.reference


@admin.register(RefusedAct)
class RefusedActAdmin(AuditRecordAdmin):
    list_display = ("at", "act", "actor_name", "code", "detail")
    list_filter = ("code", "act")
    search_fields = ("actor_name",)
    ordering = ("-at",)

    def rows_for(self, rows: QuerySet[RefusedAct], by: Agent) -> QuerySet[RefusedAct]:
        if by.has_role(Role.AUDITOR, Role.ADMIN):
            return rows
        ticket_id = Case(When(subject__regex=UUID_TEXT, then=Cast("subject", UUIDField())), output_field=UUIDField())
        visible = Ticket.objects.visible_to(by).filter(pk=OuterRef("ticket_id"))
        return rows.annotate(ticket_id=ticket_id).filter(Exists(visible))
