"""Reminders in the operators' window: read, without what people write down for themselves."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin
from sla.reminders.enums import AUTOMATIC
from sla.reminders.models import Reminder
from tickets.models import Ticket
from tickets.policies import may_read_records
from tickets.selectors import tickets_by_reference

HIDDEN = ("id", "message", "cycle", "recurs_from")


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """What the desk reminds of, on tickets in the reader's scope: a late one explains why nobody acted. What people
    remind themselves of is nobody else's matter.
    """

    list_display = ("ticket_reference", "kind", "agent", "status", "trigger_at", "triggered_at", "ended_at")
    list_filter = ("kind", "status")
    list_select_related = ("ticket", "agent")
    search_fields = ("ticket__reference",)
    search_help_text = gettext_lazy("The reference of a ticket")
    ordering = ("-trigger_at", "-id")

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_read_records(by)

    def rows_for(self, rows: QuerySet[Reminder], by: Agent) -> QuerySet[Reminder]:
        seen = Ticket.objects.visible_to(by).order_by().values("pk")
        return rows.filter(kind__in=AUTOMATIC, ticket__in=seen)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [field.name for field in Reminder._meta.fields if field.name not in HIDDEN]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reminder], search_term: str
    ) -> tuple[QuerySet[Reminder], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False

    @admin.display(description=gettext_lazy("Ticket"), ordering="ticket__reference")
    def ticket_reference(self, reminder: Reminder) -> str:
        return reminder.ticket.reference if reminder.ticket else ""
