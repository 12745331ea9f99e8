"""What a calendar means, saved or not: open hours of the coming weeks, its holidays, and who works by it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.calendars import in_words, work_calendar_with
from accounts.models import BusinessCalendar, CalendarWindow, Holiday, Team
from accounts.public_holidays import PublicHoliday, public_holidays
from accounts.services.public_days import YEARS_AHEAD, is_own, with_public_days
from core.worktime import (
    InvalidCalendar,
    NoOpenTime,
    Why,
    WorkCalendar,
    add_worked,
    open_intervals,
    stretches,
    worked,
)

WEEKS = 4
EXAMPLE = timedelta(hours=8)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    on: date
    hours: tuple[str, ...]
    """Local times, as 08:00–18:00."""
    shut_by: str
    """The holiday of that day, a half one too."""


@dataclass(frozen=True)
class Week:
    days: tuple[Day, ...]
    total: str


@dataclass(frozen=True)
class PublicDay:
    on: date
    name: str
    counts: bool
    remark: str
    """Why it does not count."""


@dataclass(frozen=True)
class Preview:
    problem: str
    """Why these hours cannot work, in one sentence; the rest is empty then."""
    weeks: tuple[Week, ...]
    example: str
    """When eight business hours from now are over, in local time."""
    years: tuple[tuple[int, tuple[PublicDay, ...]], ...]
    teams: tuple[str, ...]
    effects: tuple[str, ...] = ()
    """What would become of what is counted in the hours, a sentence each."""
    refusal: str = ""
    """Why it cannot be saved like this, though the hours work."""


def preview_of(
    calendar: BusinessCalendar,
    windows: Iterable[CalendarWindow],
    own: list[Holiday],
    *,
    at: datetime,
    is_saved: bool = False,
) -> Preview:
    """Of values and parts that, unless `is_saved`, are not saved yet; the teams are those of now."""
    if is_saved:
        days = [*own, *calendar.holidays.filter(is_public=True)]
    else:
        days = with_public_days(calendar, own, (), since=at.date().replace(month=1, day=1), now=at)
    years = tuple(
        (year, tuple(_public_days(calendar, own, year))) for year in range(at.year, at.year + YEARS_AHEAD + 1)
    )
    teams = () if calendar._state.adding else tuple(_teams_of(calendar))
    try:
        value = work_calendar_with(calendar, windows, days)
        example = _in_zone(add_worked(value, at, EXAMPLE), value)
    except InvalidCalendar as problem:
        return Preview(in_words(problem), (), "", years if calendar.country else (), teams)
    except NoOpenTime:
        return Preview(_("With these holidays the calendar would never open again."), (), "", years, teams)
    return Preview("", tuple(_weeks(value, at)), example, years if calendar.country else (), teams)


def _weeks(value: WorkCalendar, at: datetime) -> Iterator[Week]:
    """This week and the next ones, from Monday on, by the calendar's own clock."""
    zone = ZoneInfo(value.zone)
    today = at.astimezone(zone).date()
    monday = today - DAY * today.weekday()
    for number in range(WEEKS):
        first = monday + DAY * 7 * number
        days = tuple(_day(value, first + DAY * weekday, zone) for weekday in range(7))
        total = worked(value, _midnight(first, zone), _midnight(first + DAY * 7, zone))
        yield Week(days, _length(total))


def _day(value: WorkCalendar, on: date, zone: ZoneInfo) -> Day:
    begin, end = _midnight(on, zone), _midnight(on + DAY, zone)
    hours = [
        f"{opens.astimezone(zone):%H:%M}–{'24:00' if closes == end else f'{closes.astimezone(zone):%H:%M}'}"
        for opens, closes in open_intervals(value, begin, end)
    ]
    shut_by = [stretch.name for stretch in stretches(value, begin, end) if stretch.why is Why.HOLIDAY]
    return Day(on, tuple(hours), shut_by[0] if shut_by else "")


def _public_days(calendar: BusinessCalendar, own: list[Holiday], year: int) -> Iterator[PublicDay]:
    for day in public_holidays(calendar.country, calendar.region, year, language=calendar.holiday_language):
        remark = _remark(calendar, own, day)
        names = day.names_without(calendar.left_out) or day.names
        yield PublicDay(day.on, " / ".join(names), not remark, remark)


def _remark(calendar: BusinessCalendar, own: list[Holiday], day: PublicHoliday) -> str:
    if not day.names_without(calendar.left_out):
        return _("does not count here")
    return _("the calendar's own holiday counts") if is_own(day.on, own) else ""


def _teams_of(calendar: BusinessCalendar) -> Iterator[str]:
    teams = Team.objects.filter(is_active=True)
    mine = teams.filter(calendar=calendar) | (teams.filter(calendar=None) if calendar.is_default else teams.none())
    yield from mine.order_by("name").values_list("name", flat=True)


def _in_zone(at: datetime, value: WorkCalendar) -> str:
    local = timezone.localtime(at, ZoneInfo(value.zone))
    return f"{date_format(local, _('l, j F Y, H:i'))} ({value.zone})"


def _length(amount: timedelta) -> str:
    hours, minutes = divmod(amount // timedelta(minutes=1), 60)
    text = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return f"{text} {minutes} min" if minutes else text


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone)
