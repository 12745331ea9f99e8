"""Reads of promises, for this app and those above."""

from sla.selectors.beside import OpenPause, ShownClock, clocks_beside, pauses_beside, promises_of, with_promises
from sla.selectors.choices import NAMED_SCHEMA, policies_of_companies, policies_of_tickets
from sla.selectors.clocks import (
    indicator_of,
    indicators,
    nearest_clocks,
    open_clocks_of,
    resolution_clock_of,
    resolution_clocks_of,
    work_calendar_for,
    work_calendars_for,
    worst,
)
from sla.selectors.editions import hours_by_id
from sla.selectors.edits import Edit
from sla.selectors.explaining import Explained, Part, clocks_shown_to, explain
from sla.selectors.standing import standing_as, standing_key
from sla.selectors.states import states_of

__all__ = [
    "NAMED_SCHEMA",
    "Edit",
    "Explained",
    "OpenPause",
    "Part",
    "ShownClock",
    "clocks_beside",
    "clocks_shown_to",
    "explain",
    "hours_by_id",
    "indicator_of",
    "indicators",
    "nearest_clocks",
    "open_clocks_of",
    "pauses_beside",
    "policies_of_companies",
    "policies_of_tickets",
    "promises_of",
    "resolution_clock_of",
    "resolution_clocks_of",
    "standing_as",
    "standing_key",
    "states_of",
    "with_promises",
    "work_calendar_for",
    "work_calendars_for",
    "worst",
]
