"""Envelopes in the operators' window: read, with their history; worked on the desk's pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin
from envelopes.models import Envelope
from tickets.policies import may_read_records
from tickets.selectors import tickets_by_reference

HIDDEN = ("id", "path", "timeout_due_at", "pending_since", "ended_at", "completion_started_at")


@admin.register(Envelope)
class EnvelopeAdmin(ReadOnlyAdmin):
    """Supervisors and managers read those of their scope, auditors all, admins none; the thread is not shown here."""

    list_display = ("ticket_reference", "number", "status", "team", "assigned_to", "level", "opened_at")
    list_filter = ("status", "kind", "outcome", "team")
    list_select_related = ("ticket", "team", "assigned_to")
    search_fields = ("ticket__reference",)
    search_help_text = gettext_lazy("The reference of a ticket")
    ordering = ("-opened_at", "-id")
    history_parts = ("participants", "offers")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_read_records(by)

    def rows_for(self, rows: QuerySet[Envelope], by: Agent) -> QuerySet[Envelope]:
        return Envelope.objects.thread_visible_to(by)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in Envelope._meta.fields if field.name not in HIDDEN]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Envelope], search_term: str
    ) -> tuple[QuerySet[Envelope], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False

    @admin.display(description=gettext_lazy("Ticket"), ordering="ticket__reference")
    def ticket_reference(self, envelope: Envelope) -> str:
        return envelope.ticket.reference
