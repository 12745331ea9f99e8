"""Business calendars: saved with their windows and holidays, as they are only right together."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.calendars import in_words, work_calendar, work_calendar_with
from accounts.errors import CalendarsNotEditable
from accounts.events import CalendarChanged, DefaultCalendarChanged
from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.policies import may_edit_calendars
from accounts.services.cleaning import clean
from core.actors import Actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record, record_deletion
from core.service import service
from core.worktime import InvalidCalendar, NoOpenTime, WorkCalendar, next_open

P = TypeVar("P", CalendarWindow, Holiday)

FIELDS = {
    "windows": ("weekday", "start_minute", "end_minute"),
    "holidays": ("on", "name", "is_recurring", "is_half_day", "start_minute", "end_minute"),
}
"""What makes up a part of a calendar."""


@service
def save_calendar(
    calendar_id: UUID | None,
    *,
    by: Actor,
    version: int | None = None,
    windows: Sequence[CalendarWindow] | None = None,
    holidays: Sequence[Holiday] | None = None,
    **values: Any,
) -> BusinessCalendar:
    """Make a calendar (`calendar_id` None), or change `values` of one (`name`, `timezone`, `is_24x7`) and its parts.

    `windows` and `holidays` are all the calendar is to have, as rows: one with the id of a part changes it, others are
    new, parts that are missing go; None leaves them. Hours that contradict each other or never open are refused with
    one sentence, and nothing is saved. Whoever counts with the calendar is told if its hours have changed
    (`CalendarChanged`). Raises CalendarsNotEditable, Invalid or StaleVersion.
    """
    if not may_edit_calendars(by):
        raise CalendarsNotEditable
    calendar = _locked(calendar_id)
    before = _value_of(calendar)
    for name, value in values.items():
        setattr(calendar, name, value)
    clean(calendar, values)
    old_windows, old_holidays = list(calendar.windows.all()), list(calendar.holidays.all())
    new_windows = old_windows if windows is None else _parts(calendar, "windows", windows)
    new_holidays = old_holidays if holidays is None else _parts(calendar, "holidays", holidays)
    after = _usable(calendar, new_windows, new_holidays)
    if version is not None and version != calendar.version:
        raise StaleVersion(given=version, current=calendar.version)
    record(calendar, by=by)
    _keep("windows", old_windows, new_windows, by=by)
    _keep("holidays", old_holidays, new_holidays, by=by)
    if after != before:
        publish(CalendarChanged(calendar_id=calendar.pk, occurred_at=timezone.now()))
    return calendar


def _locked(calendar_id: UUID | None) -> BusinessCalendar:
    if calendar_id is None:
        return BusinessCalendar()
    return BusinessCalendar.objects.select_for_update(no_key=True).get(pk=calendar_id)


def _value_of(calendar: BusinessCalendar) -> WorkCalendar | None:
    """The hours as they are saved; None for a new calendar, and for rows from elsewhere that cannot work."""
    if calendar._state.adding:
        return None
    try:
        return work_calendar(calendar)
    except InvalidCalendar:
        return None


def _parts(calendar: BusinessCalendar, kind: str, rows: Sequence[P]) -> list[P]:
    """The rows as parts of the calendar, each valid by itself."""
    for row in rows:
        row.calendar = calendar
        try:
            others = {field.name for field in row._meta.fields}.difference(FIELDS[kind])
            row.clean_fields(exclude=others)
            row.validate_constraints(exclude={"calendar"})
        except ValidationError as error:
            raise Invalid({kind: list(error.messages)}) from error
    return list(rows)


def _usable(calendar: BusinessCalendar, windows: list[CalendarWindow], holidays: list[Holiday]) -> WorkCalendar:
    if calendar.timezone not in available_timezones():
        raise Invalid({"timezone": _("Write the IANA name of a time zone, such as Europe/Berlin.")})
    days = [holiday.on for holiday in holidays]
    if twice := next((day for day in days if days.count(day) > 1), None):
        text = _("There are two holidays on %(day)s.")
        raise Invalid({"holidays": text % {"day": date_format(twice, "SHORT_DATE_FORMAT")}})
    try:
        value = work_calendar_with(calendar, windows, holidays)
        next_open(value, timezone.now())
    except InvalidCalendar as problem:
        raise Invalid({"windows": in_words(problem)}) from problem
    except NoOpenTime as problem:
        raise Invalid({"holidays": _("With these holidays the calendar would never open again.")}) from problem
    return value


def _keep(kind: str, old: Iterable[P], new: Iterable[P], *, by: Actor) -> None:
    """Save what has changed of the parts, and delete those that are no longer wanted."""
    former = {row.pk: row for row in old}
    wanted = {row.pk: row for row in new}
    for row in former.values():
        if row.pk not in wanted:
            record_deletion(row, by=by)
    for row in wanted.values():
        known = former.get(row.pk)
        if known is None and not row._state.adding:
            raise ValueError(f"{row!r} is a part of another calendar, or of none any more")
        if known is None:
            record(row, by=by)
        elif changed := [name for name in FIELDS[kind] if getattr(known, name) != getattr(row, name)]:
            for name in changed:
                setattr(known, name, getattr(row, name))
            record(known, by=by, update_fields=changed)


@service
def make_default_calendar(calendar_id: UUID, *, by: Actor) -> BusinessCalendar:
    """Let all teams without a calendar of their own work by this one; there is always exactly one."""
    if not may_edit_calendars(by):
        raise CalendarsNotEditable
    rows = {row.pk: row for row in BusinessCalendar.objects.order_by("pk").select_for_update()}
    chosen = rows[calendar_id]
    former = [row for row in rows.values() if row.is_default and row is not chosen]
    for row in former:
        row.is_default = False
        record(row, by=by, update_fields=["is_default"])
    if not chosen.is_default:
        chosen.is_default = True
        record(chosen, by=by, update_fields=["is_default"])
        publish(DefaultCalendarChanged(calendar_id=chosen.pk, occurred_at=timezone.now()))
    return chosen
