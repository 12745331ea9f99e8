"""Days and moments that people give: only within the years in which a desk can have business.

Beyond them zones and databases part: a year 1 in Berlin lies before Christ in UTC, where Python cannot follow.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 2000, 2199
OUT_OF_RANGE: Promise | str = _("Give a date between the years 2000 and 2199.")


def is_possible(given: date | datetime) -> bool:
    """Whether a day, or a moment in any zone, lies in the years of a desk."""
    if isinstance(given, datetime):
        return datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) <= given < datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    return FIRST_YEAR <= given.year <= LAST_YEAR


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, or None; listing all names to look it up would read the disk each time."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, a path, a folder of names
        return None
