"""Reads of promises, for this app and those above."""

from sla.selectors.clocks import (
    indicator_of,
    indicators,
    nearest_clocks,
    open_clocks_of,
    resolution_clock_of,
    work_calendar_for,
    work_calendars_for,
)
from sla.selectors.editions import hours_by_id

__all__ = [
    "hours_by_id",
    "indicator_of",
    "indicators",
    "nearest_clocks",
    "open_clocks_of",
    "resolution_clock_of",
    "work_calendar_for",
    "work_calendars_for",
]
