"""Alerts in the operators' window: the matrix, changed with a reason after a look at what that would do, and what was
raised.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Agent
from core.actors import Actor
from core.admin_site import ReadOnlyAdmin, actor_in
from sla.admin_base import FixedRuleAdmin
from sla.alerts.effects import Effect
from sla.alerts.enums import Recipient
from sla.alerts.errors import MatrixPreviewed
from sla.alerts.models import Alert, AlertRecipient, AlertRule
from sla.alerts.selectors import promised_minutes
from sla.alerts.services import edit_rule
from tickets.models import Ticket
from tickets.policies import may_read_records
from tickets.selectors import tickets_by_reference

PREVIEW = "_preview"


class AlertRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    recipients = forms.MultipleChoiceField(
        label=gettext_lazy("Recipients"), choices=Recipient.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    class Meta:
        model = AlertRule
        fields = ("threshold_minutes", "recipients", "is_active")


@admin.register(AlertRule)
class AlertRuleAdmin(FixedRuleAdmin):
    """Its 36 cells are there from the beginning; one that is not wanted is switched off."""

    form = AlertRuleForm
    previews = (MatrixPreviewed,)
    change_form_template = "admin/alert_rule_form.html"
    list_display = ("priority", "condition", "level", "threshold_minutes", "recipients", "is_active")
    list_filter = ("priority", "condition", "is_active")
    readonly_fields = ("priority", "condition", "level")
    fields = (*readonly_fields, "threshold_minutes", "recipients", "is_active", "reason")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A preview needs no reason yet."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if PREVIEW in request.POST and "reason" in form.base_fields:
            form.base_fields["reason"].required = False
        return form

    def save_model(self, request: HttpRequest, obj: AlertRule, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in ("threshold_minutes", "recipients", "is_active", "reason")}
        edit_rule(obj.pk, by=actor_in(request), is_preview=PREVIEW in request.POST, **given)
        due = promised_minutes(obj.priority)
        if due is not None and obj.threshold_minutes > due:
            hint = _("This threshold lies beyond the promised resolution of %(minutes)s minutes.") % {"minutes": due}
            self.message_user(request, hint, messages.WARNING)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["kinds_of_effects"] = Effect.labels
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """Who was told of what when, of tickets in the reader's scope."""

    list_display = ("ticket_reference", "condition", "level", "status", "triggered_at", "told", "acknowledgement")
    list_filter = ("status", "condition", "level", "triggered_at")
    list_select_related = ("ticket", "acknowledged_by")
    search_fields = ("ticket__reference",)
    search_help_text = gettext_lazy("The reference of a ticket")
    ordering = ("-triggered_at", "-id")
    fields = (
        *("ticket_reference", "condition", "level", "cycle", "status", "triggered_at", "told"),
        *("acknowledgement", "cleared_at"),
    )

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_read_records(by)

    def rows_for(self, rows: QuerySet[Alert], by: Agent) -> QuerySet[Alert]:
        seen = Ticket.objects.visible_to(by).order_by().values("pk")
        people = AlertRecipient.objects.select_related("agent").order_by("agent__name", "pk")
        return rows.filter(ticket__in=seen).prefetch_related(Prefetch("sent_to", people))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Alert], search_term: str
    ) -> tuple[QuerySet[Alert], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(ticket__in=tickets_by_reference(search_term).values("pk")), False

    @admin.display(description=gettext_lazy("Ticket"))
    def ticket_reference(self, alert: Alert) -> str:
        return alert.ticket.reference

    @admin.display(description=gettext_lazy("Told"))
    def told(self, alert: Alert) -> str:
        """Each with the moment; who has none was told of a higher level, or it was settled before."""
        return format_html_join(mark_safe("<br>"), "{}", ((_told(row),) for row in alert.sent_to.all())) or "–"

    @admin.display(description=gettext_lazy("Acknowledged"))
    def acknowledgement(self, alert: Alert) -> str:
        if alert.acknowledged_by is None or alert.acknowledged_at is None:
            return "–"
        return f"{alert.acknowledged_by.name}, {_moment(alert.acknowledged_at)}"


def _told(row: AlertRecipient) -> str:
    if row.told_at is not None:
        return f"{row.agent.name}, {_moment(row.told_at)}"
    if row.tell_at is not None:
        return _("%(name)s, is to be told") % {"name": row.agent.name}
    return _("%(name)s, not told of this level") % {"name": row.agent.name}


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "DATETIME_FORMAT")
