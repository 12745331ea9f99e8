"""Calendars as they stood, kept in the process: an edition never changes."""

from functools import lru_cache
from uuid import UUID

from sla.models import CalendarEdition
from sla.records import calendar_from
from sla.states import Hours


@lru_cache(maxsize=512)
def hours_by_id(edition_id: UUID) -> Hours:
    """One query, the first time."""
    edition = CalendarEdition.objects.get(pk=edition_id)
    return Hours(edition.pk, edition.calendar_id, calendar_from(edition.content))
