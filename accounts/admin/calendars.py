"""Business calendars with their windows and holidays."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.models.calendars import MINUTES_A_DAY
from accounts.policies import may_edit_calendars, may_see_calendars
from accounts.services import make_default_calendar, save_calendar
from core.actors import Actor
from core.admin_site import PartInline, PolicyAdmin, actor_in
from core.workcalendar import clock


class ClockField(forms.CharField):
    """Minutes after midnight, written as people do: 08:30 is 510, 24:00 is 1440. An `is_end` of 00:00 is 24:00."""

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        self.is_end = is_end
        for name in ("min_value", "max_value", "validators"):
            kwargs.pop(name, None)
        widget = forms.TextInput(attrs={"size": 5, "placeholder": "08:00"})
        super().__init__(max_length=5, **kwargs | {"widget": widget})

    def prepare_value(self, value: Any) -> Any:
        return clock(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return None
        found = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
        minutes = int(found[1]) * 60 + int(found[2]) if found else -1
        if found is None or int(found[2]) > 59 or not 0 <= minutes <= MINUTES_A_DAY:
            raise forms.ValidationError(_("Write a time of day as 08:30; 24:00 is the end of the day."))
        return minutes or (MINUTES_A_DAY if self.is_end else 0)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


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
    model = Holiday
    fields = ("on", "name", "is_recurring", "is_half_day", "start_minute", "end_minute")


def wanted_rows(formset: Any) -> list[Any]:
    """The rows that a sent formset leaves standing, changed or not, and its new ones."""
    gone, blank = formset.deleted_forms, [form for form in formset.extra_forms if not form.has_changed()]
    return [form.instance for form in formset.forms if form not in gone and form not in blank]


@admin.register(BusinessCalendar)
class CalendarAdmin(PolicyAdmin):
    list_display = ("name", "timezone", "is_24x7", "is_default")
    search_fields = ("name",)
    fields = ("name", "timezone", "is_24x7", "is_default")
    readonly_fields = ("is_default",)
    inlines = (WindowInline, HolidayInline)
    history_parts = ("windows", "holidays")
    actions = ("make_default",)

    def may_view(self, by: Actor, obj: Any = None) -> bool:
        return may_see_calendars(by)

    def may_add(self, by: Actor) -> bool:
        return may_edit_calendars(by)

    def may_change(self, by: Actor, obj: Any = None) -> bool:
        return may_edit_calendars(by)

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
        by = actor_in(request)
        done = _("New default calendar: %(count)d")
        self.each(request, queryset[:1], lambda calendar: make_default_calendar(calendar.pk, by=by), done)
