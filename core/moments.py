"""Days and moments that people give: only within the years in which a desk can have business.

Beyond them zones and databases part: a year 1 in Berlin lies before Christ in UTC, where Python cannot follow.
"""

from datetime import UTC, date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 2000, 2199
OUT_OF_RANGE: Promise | str = _("Give a date between the years 2000 and 2199.")


def is_possible(given: date | datetime) -> bool:
    """Whether a day, or a moment in any zone, lies in the years of a desk."""
    if isinstance(given, datetime):
        return datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) <= given < datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    return FIRST_YEAR <= given.year <= LAST_YEAR
