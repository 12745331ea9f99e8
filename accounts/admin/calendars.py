"""Business calendars with their windows and holidays."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.calendars import work_calendar
from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.models.calendars import MINUTES_A_DAY, clock
from accounts.policies import may_edit_calendars, may_see_calendars
from accounts.services import make_default_calendar
from core.actors import Actor
from core.admin_site import PartInline, PolicyAdmin, actor_in
from core.errors import Invalid
from core.worktime import InvalidCalendar


class ClockField(forms.CharField):
    """Minutes after midnight, written as people do: 08:30 is 510, 24:00 is 1440."""

    def __init__(self, **kwargs: Any) -> None:
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
        return minutes

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class CalendarPart(PartInline):
    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("start_minute", "end_minute"):
            return ClockField(label=db_field.verbose_name, required=not db_field.blank)
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the parts, then read the whole as work time does; hours it cannot compute with are refused."""
        super().save_related(request, form, formsets, change)
        try:
            work_calendar(BusinessCalendar.objects.get(pk=form.instance.pk))
        except InvalidCalendar as problem:
            raise Invalid(
                {
                    "windows": _("These hours cannot work: %(problem)s.")
                    % {"problem": _(problem.template) % problem.facts}
                }
            ) from problem

    @admin.action(description=gettext_lazy("Make it the default"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[BusinessCalendar]) -> None:
        by = actor_in(request)
        done = _("New default calendar: %(count)d")
        self.each(request, queryset[:1], lambda calendar: make_default_calendar(calendar.pk, by=by), done)
