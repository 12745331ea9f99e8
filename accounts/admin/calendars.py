"""Business calendars with their windows and holidays."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.calendar_form import PREVIEW, CalendarForm, ClockField
from accounts.admin.calendar_preview import Preview, preview_of
from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.policies import may_edit_calendars, may_see_calendars
from accounts.services import make_default_calendar, save_calendar, try_calendar
from core.actors import Actor
from core.admin_site import PartInline, PolicyAdmin, actor_in
from core.errors import DomainError


class CalendarPart(PartInline):
    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("start_minute", "end_minute"):
            is_end = db_field.name == "end_minute"
            return ClockField(is_end=is_end, label=db_field.verbose_name, required=not db_field.blank)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_calendars(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_edit_calendars(by)


class WindowInline(CalendarPart):
    model = CalendarWindow
    fields = ("weekday", "start_minute", "end_minute")


class HolidayInline(CalendarPart):
    """Those of the calendar's own; the public ones follow from its country."""

    model = Holiday
    verbose_name_plural = gettext_lazy("Holidays of its own")
    fields = ("on", "name", "is_recurring", "is_half_day", "start_minute", "end_minute")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holiday]:
        return super().get_queryset(request).filter(is_public=False)


def wanted_rows(formset: Any) -> list[Any]:
    """The rows that a formset leaves standing, changed or not, and its new ones."""
    if not formset.is_bound:
        return [form.instance for form in formset.initial_forms]
    gone, blank = formset.deleted_forms, [form for form in formset.extra_forms if not form.has_changed()]
    return [form.instance for form in formset.forms if form not in gone and form not in blank]


class ReasonedActionForm(ActionForm):
    """What is done to the chosen rows, and why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)  # asked for by the service


def shown_again(form: Any) -> Any:
    """The same form, which is checked but never saved."""

    class ShownForm(form):  # type: ignore[misc]  # made for one request
        def is_valid(self) -> bool:
            super().is_valid()
            return False

    return ShownForm


@admin.register(BusinessCalendar)
class CalendarAdmin(PolicyAdmin):
    form = CalendarForm
    change_form_template = "admin/calendar_form.html"
    list_display = ("name", "timezone", "is_24x7", "is_default", "country", "region")
    search_fields = ("name",)
    fields = ("name", "timezone", "is_24x7", "is_default", "country", "region", "holiday_language", "left_out")
    readonly_fields = ("is_default",)
    inlines = (WindowInline, HolidayInline)
    history_parts = ("windows", "holidays")
    actions = ("make_default",)
    action_form = ReasonedActionForm

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_calendars(by)

    def may_add(self, by: Actor) -> bool:
        return may_edit_calendars(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_edit_calendars(by)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who changes one says why."""
        return (*self.fields, "reason") if self.may_change(actor_in(request)) else self.fields

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return shown_again(form) if PREVIEW in request.POST else form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As for all, but a preview of what can be saved is no bad request."""
        answer = super().changeform_view(request, *args, **kwargs)
        if isinstance(answer, TemplateResponse) and PREVIEW in request.POST:
            answer.status_code = 400 if (answer.context_data or {}).get("errors") else 200
        return answer

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """With what the calendar in the form means, unless the form itself has errors."""
        form = context["adminform"].form
        formsets = {part.formset.prefix: part.formset for part in context["inline_admin_formsets"]}
        is_shown = not context["errors"] and not (kwargs.get("add") and not form.is_bound)
        if is_shown:
            rows = {name: wanted_rows(formset) for name, formset in formsets.items()}
            preview = preview_of(
                form.instance, rows["windows"], rows["holidays"], at=timezone.now(), is_saved=not form.is_bound
            )
            is_tried = PREVIEW in request.POST and not kwargs.get("add") and not preview.problem
            context["preview"] = self._tried(preview, request, form, rows) if is_tried else preview
        context |= {"is_previewed": PREVIEW in request.POST, "preview_button": PREVIEW}
        return super().render_change_form(request, context, *args, **kwargs)

    def _tried(self, preview: Preview, request: HttpRequest, form: Any, rows: dict[str, Any]) -> Preview:
        """With what would become of what is counted in the calendar."""
        try:
            effects = try_calendar(form.instance.pk, by=actor_in(request), **rows, **form.cleaned_data)
        except DomainError as refusal:
            return replace(preview, refusal=f"{refusal} {refusal.hint_text}".strip())
        return replace(preview, effects=tuple(effects))

    def save_model(self, request: HttpRequest, obj: BusinessCalendar, form: Any, change: bool) -> None:
        """With its parts, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        calendar = form.instance
        parts: dict[str, Any] = {formset.prefix: wanted_rows(formset) for formset in formsets}
        saved = save_calendar(calendar.pk if change else None, by=actor_in(request), **parts, **form.cleaned_data)
        calendar.__dict__.update(saved.__dict__)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """For a log that our history replaces; Django asks the form sets, of which a service has saved the rows."""
        return []

    @admin.action(description=gettext_lazy("Make it the default"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[BusinessCalendar]) -> None:
        by, reason = actor_in(request), request.POST.get("reason", "")
        done = _("New default calendar: %(count)d")
        self.each(
            request, queryset[:1], lambda calendar: make_default_calendar(calendar.pk, by=by, reason=reason), done
        )
