"""Which public holidays a calendar has as rows, and when it is time for the next year's."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, QuerySet

from accounts.models import BusinessCalendar, Holiday
from accounts.public_holidays import edition, public_holidays

YEARS_AHEAD = 2
"""Years after this one whose public holidays are there, as business time is counted that far."""
NAME_LENGTH = 100


def with_public_days(
    calendar: BusinessCalendar, own: list[Holiday], old: Iterable[Holiday], *, since: date, now: datetime
) -> list[Holiday]:
    """`own` and the public holidays as they are to be: those of before `since` as they are in `old`.

    A row that stays keeps its id. None on a date for which the calendar has a holiday of its own.
    """
    taken = {row.on: row for row in old if row.is_public}
    wanted = [row for row in taken.values() if row.on < since and not is_own(row.on, own)]
    for on, name in public_days(calendar, own, since=since, now=now):
        row = Holiday(calendar=calendar, on=on, name=name, is_public=True)
        row.pk = taken[on].pk if on in taken else row.pk
        wanted.append(row)
    return [*own, *wanted]


def public_days(
    calendar: BusinessCalendar, own: list[Holiday], *, since: date, now: datetime
) -> Iterable[tuple[date, str]]:
    """Date and name of what counts, from `since` until the end of the last year that is to be there."""
    if not calendar.country:
        return
    for year in range(since.year, _last_year(now) + 1):
        for day in public_holidays(calendar.country, calendar.region, year, language=calendar.holiday_language):
            names = day.names_without(calendar.left_out)
            if names and day.on >= since and not is_own(day.on, own):
                yield day.on, " / ".join(names)[:NAME_LENGTH]


def remember_taking(calendar: BusinessCalendar, *, now: datetime) -> None:
    """On the row, which the caller saves."""
    calendar.taken_until = _last_year(now) if calendar.country else None
    calendar.taken_from = edition() if calendar.country else ""


def calendars_due(now: datetime) -> QuerySet[BusinessCalendar]:
    """Those that have not yet the years they are to have, or have them of another edition of the library."""
    is_old = Q(taken_until__lt=_last_year(now)) | Q(taken_until=None) | ~Q(taken_from=edition())
    return BusinessCalendar.objects.filter(is_old).exclude(country="")


def _last_year(now: datetime) -> int:
    return now.year + YEARS_AHEAD


def is_own(on: date, own: Iterable[Holiday]) -> bool:
    """Whether a holiday of the calendar's own holds on a date; it has the say there."""
    return any(row.on == on or (row.is_recurring and (row.on.month, row.on.day) == (on.month, on.day)) for row in own)
