"""Business calendars: saved with their windows and holidays, as they are only right together."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.calendars import in_words, work_calendar, work_calendar_with
from accounts.countries import COUNTRIES
from accounts.errors import CalendarsNotEditable
from accounts.events import CalendarChanged, DefaultCalendarChanged
from accounts.guards import refuse_calendar
from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from accounts.policies import may_edit_calendars
from accounts.public_holidays import regions_of
from accounts.services.cleaning import clean
from accounts.services.public_days import calendars_due, remember_taking, with_public_days
from core.actors import Actor, system_actor
from core.errors import Invalid, StaleVersion
from core.events import publish
from core.history import record, record_deletion
from core.service import service
from core.worktime import InvalidCalendar, NoOpenTime, WorkCalendar, next_open

LEAST_REASON = 3
HOLIDAYS = system_actor(gettext_noop("Public holidays"))

P = TypeVar("P", CalendarWindow, Holiday)

FIELDS = {
    "windows": ("weekday", "start_minute", "end_minute"),
    "holidays": ("on", "name", "is_recurring", "is_half_day", "start_minute", "end_minute", "is_public"),
}
"""What makes up a part of a calendar."""


@service
def save_calendar(
    calendar_id: UUID | None,
    *,
    by: Actor,
    reason: str = "",
    version: int | None = None,
    windows: Sequence[CalendarWindow] | None = None,
    holidays: Sequence[Holiday] | None = None,
    **values: Any,
) -> BusinessCalendar:
    """Make a calendar (`calendar_id` None), or change `values` of one (`name`, `timezone`, `is_24x7`; of its public
    holidays `country`, `region`, `holiday_language`, `left_out`) and its parts.

    `windows` and `holidays` are all the calendar is to have of its own, as rows: one with the id of a part changes it,
    others are new, parts that are missing go; None leaves them. The public holidays follow by themselves, from the
    beginning of this year on; on a date with a holiday of its own the calendar has no other.

    Hours that contradict each other or never open are refused with one sentence, and nothing is saved. Other hours of a
    calendar that is there move what was promised in it, so they need a `reason`, which its history keeps. Whoever
    counts with the calendar is told if its hours have changed (`CalendarChanged`). Raises CalendarsNotEditable, Invalid
    or StaleVersion, or what a guard says.
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
    own = [row for row in old_holidays if not row.is_public]
    own = own if holidays is None else _parts(calendar, "holidays", [row for row in holidays if not row.is_public])
    _check_public(calendar, own)
    now = timezone.now()
    new_holidays = with_public_days(calendar, own, old_holidays, since=now.date().replace(month=1, day=1), now=now)
    after = _usable(calendar, new_windows, new_holidays)
    if not calendar._state.adding and after != before:
        _check_reason(reason)
    if before is not None:  # nobody counts in a new one yet
        refuse_calendar(calendar, after)
    if version is not None and version != calendar.version:
        raise StaleVersion(given=version, current=calendar.version)
    remember_taking(calendar, now=now)
    record(calendar, by=by, reason=reason.strip())
    _keep("windows", old_windows, new_windows, by=by)
    _keep("holidays", old_holidays, new_holidays, by=by)
    if after != before:
        publish(CalendarChanged(calendar_id=calendar.pk, occurred_at=now))
    return calendar


@service
def take_public_holidays(calendar_id: UUID, *, by: Actor, now: datetime) -> BusinessCalendar:
    """Take what a calendar is to have by `now` (UTC) of its public holidays, and what the library knows better than it
    did. What has passed stays as it counted.
    """
    if not may_edit_calendars(by):
        raise CalendarsNotEditable
    calendar = _locked(calendar_id)
    old = list(calendar.holidays.all())
    before = _value_of(calendar)
    own = [row for row in old if not row.is_public]
    _keep("holidays", old, with_public_days(calendar, own, old, since=now.date(), now=now), by=by)
    remember_taking(calendar, now=now)
    record(calendar, by=by, reason=HOLIDAYS.audit_name, update_fields=["taken_until", "taken_from"])
    if _value_of(calendar) != before:
        publish(CalendarChanged(calendar_id=calendar.pk, occurred_at=now))
    return calendar


def take_due_public_holidays(*, now: datetime) -> int:
    """Timer `public_holidays_taken`: one calendar that a new year, or a new edition of the library, finds wanting."""
    with transaction.atomic():
        calendar = calendars_due(now).order_by("pk").select_for_update(skip_locked=True, no_key=True).first()
        if calendar is None:
            return 0
        take_public_holidays(calendar.pk, by=HOLIDAYS, now=now)
    return 1


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


def _check_public(calendar: BusinessCalendar, own: list[Holiday]) -> None:
    """What the public holidays are made of, before they are made."""
    if calendar.country and calendar.country not in COUNTRIES:
        raise Invalid({"country": _("The public holidays of this country are not known.")})
    if calendar.region and calendar.region not in dict(regions_of(calendar.country)):
        raise Invalid({"region": _("This is no region of that country; choose one of its own, or none.")})
    days = [holiday.on for holiday in own]
    if twice := next((day for day in days if days.count(day) > 1), None):
        text = _("There are two holidays on %(day)s.")
        raise Invalid({"holidays": text % {"day": date_format(twice, "SHORT_DATE_FORMAT")}})


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid({"reason": _("Say why: promises move with these hours, and whoever asks about one reads it.")})


def _usable(calendar: BusinessCalendar, windows: list[CalendarWindow], holidays: list[Holiday]) -> WorkCalendar:
    if calendar.timezone not in available_timezones():
        raise Invalid({"timezone": _("Write the IANA name of a time zone, such as Europe/Berlin.")})
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
def make_default_calendar(calendar_id: UUID, *, by: Actor, reason: str) -> BusinessCalendar:
    """Let all teams without a calendar of their own work by this one; there is always exactly one.

    Raises CalendarsNotEditable, Invalid without a reason, or what a guard says.
    """
    if not may_edit_calendars(by):
        raise CalendarsNotEditable
    rows = {row.pk: row for row in BusinessCalendar.objects.order_by("pk").select_for_update()}
    chosen = rows[calendar_id]
    if not chosen.is_default:
        _check_reason(reason)
    former = [row for row in rows.values() if row.is_default and row is not chosen]
    for row in former:
        row.is_default = False
        record(row, by=by, reason=reason.strip(), update_fields=["is_default"])
    if not chosen.is_default:
        chosen.is_default = True
        refuse_calendar(chosen, work_calendar(chosen))
        record(chosen, by=by, reason=reason.strip(), update_fields=["is_default"])
        publish(DefaultCalendarChanged(calendar_id=chosen.pk, occurred_at=timezone.now()))
    return chosen
