"""How facts and calendars are kept as JSON, and read again: what is written here is read in any later release.

Plain Python: no database.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from core.worktime import Holiday, Window, WorkCalendar
from sla.explain import Stop
from sla.states import Fact, FactKind, Hours, Terms

Data = dict[str, Any]


def hours_of(calendar_id: UUID, calendar: WorkCalendar) -> Hours:
    """The edition of a calendar; its id is the same wherever the calendar holds the same."""
    content = json.dumps(calendar_data(calendar), sort_keys=True, ensure_ascii=False)
    return Hours(uuid5(calendar_id, hashlib.sha256(content.encode()).hexdigest()), calendar_id, calendar)


def calendar_data(calendar: WorkCalendar) -> Data:
    return {
        "zone": calendar.zone,
        "is_24x7": calendar.is_24x7,
        "weekly": [[_window_data(window) for window in windows] for windows in calendar.weekly],
        "holidays": [
            {
                "on": holiday.on.isoformat(),
                "is_recurring": holiday.is_recurring,
                "window": _window_data(holiday.window) if holiday.window else None,
                "name": holiday.name,
            }
            for holiday in calendar.holidays
        ],
    }


def calendar_from(data: Data) -> WorkCalendar:
    return WorkCalendar(
        zone=data["zone"],
        is_24x7=data["is_24x7"],
        weekly=tuple(tuple(Window(*window) for window in windows) for windows in data["weekly"]),
        holidays=tuple(
            Holiday(
                on=date.fromisoformat(holiday["on"]),
                is_recurring=holiday["is_recurring"],
                window=Window(*holiday["window"]) if holiday["window"] else None,
                name=holiday["name"],
            )
            for holiday in data["holidays"]
        ),
    )


def _window_data(window: Window) -> list[int]:
    return [window.start_minutes, window.end_minutes]


def fact_data(fact: Fact) -> Data:
    """All of a fact that has no column of its own; what is empty is left out."""
    data: Data = {"old": fact.old, "new": fact.new, "by": _text(fact.by), "since": _text(fact.since)}
    data |= {"first": _text(fact.first), "last": _text(fact.last)}
    if fact.terms is not None:
        data["terms"] = terms_data(fact.terms)
    if fact.stop is not None:
        data |= {"reason": fact.stop.reason, "until": _text(fact.stop.until), "note": fact.stop.note}
        data["by"] = _text(fact.stop.by)
    return {name: value for name, value in data.items() if value}


def terms_data(terms: Terms) -> Data:
    return {
        "policy": str(terms.policy_id),
        "hours": str(terms.hours.id),
        "targets": {str(metric): minutes for metric, minutes in terms.targets.items()},
        "retroactive": terms.is_retroactive,
    }


def fact_from(kind: str, at: datetime, envelope_id: UUID | None, data: Data, hours: Callable[[UUID], Hours]) -> Fact:
    """`hours` gives the edition of a calendar by its id."""
    by, kind = _uuid(data.get("by")), FactKind(kind)
    stop = None
    if kind == FactKind.PAUSED:
        stop = Stop(data["reason"], at, until=_moment(data.get("until")), by=by, note=data.get("note", ""))
    return Fact(
        kind,
        at,
        envelope_id=envelope_id,
        terms=terms_from(data["terms"], hours) if "terms" in data else None,
        old=data.get("old", ""),
        new=data.get("new", ""),
        stop=stop,
        by=by,
        since=_moment(data.get("since")),
        first=_moment(data.get("first")),
        last=_moment(data.get("last")),
    )


def terms_from(data: Data, hours: Callable[[UUID], Hours]) -> Terms:
    return Terms(UUID(data["policy"]), hours(UUID(data["hours"])), data["targets"], data["retroactive"])


def _text(value: UUID | datetime | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else str(value) if value else None


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
