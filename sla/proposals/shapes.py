"""What can be proposed about policies, calendars and the alert matrix, as JSON: which fields, how they are read from a
row, and how they are put into one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, Model

from accounts.models import BusinessCalendar, CalendarWindow, Holiday
from core.errors import Invalid
from sla.alerts.models import AlertRule
from sla.models import SlaPolicy
from sla.models.policies import TARGETS
from sla.proposals.enums import ProposalAbout

Data = dict[str, Any]

MODELS: Mapping[str, type[Model]] = {
    ProposalAbout.POLICY: SlaPolicy,
    ProposalAbout.CALENDAR: BusinessCalendar,
    ProposalAbout.ALERT_RULE: AlertRule,
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    ProposalAbout.POLICY: (
        *("name", "kind", "is_active", "order"),
        *("ticket_type", "priority", "customer_tier", "company", "team", "category", "calendar"),
        *TARGETS.values(),
        "retroactive",
    ),
    ProposalAbout.CALENDAR: (
        *("name", "timezone", "is_24x7", "country", "region", "holiday_language", "left_out"),
        *("windows", "holidays"),
    ),
    ProposalAbout.ALERT_RULE: ("threshold_minutes", "recipients", "is_active"),
}
WINDOW = ("weekday", "start_minute", "end_minute")
HOLIDAY = ("on", "name", "is_recurring", "start_minute", "end_minute")
"""Of a calendar's own holidays; one with minutes is a half day."""


def values_of(about: str, row: Model) -> Data:
    """All of a row that can be proposed about. Two queries for a calendar, none for others."""
    return {name: _value(row, name) for name in FIELDS[about]}


def _value(row: Model, name: str) -> Any:
    if isinstance(row, BusinessCalendar) and name == "windows":
        return [_part(part, WINDOW) for part in row.windows.all()]
    if isinstance(row, BusinessCalendar) and name == "holidays":
        return [_part(part, HOLIDAY) for part in row.holidays.filter(is_public=False)]
    return _plain(getattr(row, _field(type(row), name).attname))


def _part(row: Model, names: Iterable[str]) -> Data:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _field(model: type[Model], name: str) -> Any:  # Any: of the kinds that there are, each with its attname
    return model._meta.get_field(name)


def as_data(values: Mapping[str, Any]) -> Data:
    """Values as forms and programs give them: rows as their ids, dates in words, parts sorted as they are kept."""
    found = {name: _given(value) for name, value in values.items()}
    for name, order in (("windows", WINDOW[:2]), ("holidays", HOLIDAY[:1])):
        if name in found:
            found[name] = sorted(found[name], key=lambda part: tuple(part[key] for key in order))
    return found


def _given(value: Any) -> Any:
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, (list, tuple)):
        return [_given(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _given(one) for name, one in value.items()}
    return _plain(value)


def put(row: Model, values: Data) -> None:
    """Plain fields of `values` into `row`, unsaved; whoever saves it checks them."""
    wrong: dict[str, Any] = {}
    for name, value in values.items():
        field = _field(type(row), name)
        try:
            given = field.target_field.to_python(value) if isinstance(field, ForeignKey) else field.to_python(value)
        except ValidationError as error:
            wrong[name] = list(error.messages)
        else:
            setattr(row, field.attname, given)
    if wrong:
        raise Invalid(wrong)


def windows_of(calendar: BusinessCalendar, wanted: Sequence[Data]) -> list[CalendarWindow]:
    """As rows; those that are there already keep theirs."""
    known = {tuple(getattr(row, name) for name in WINDOW): row for row in calendar.windows.all()}
    return [known.get(tuple(part[name] for name in WINDOW)) or CalendarWindow(**part) for part in wanted]


def holidays_of(calendar: BusinessCalendar, wanted: Sequence[Data]) -> list[Holiday]:
    """As rows; one on the same date keeps its row."""
    known = {row.on: row for row in calendar.holidays.filter(is_public=False)}
    rows = []
    for part in wanted:
        on = date.fromisoformat(part["on"])
        row = known.pop(on, None) or Holiday(on=on)
        row.name, row.is_recurring = part["name"], part["is_recurring"]
        row.start_minute, row.end_minute = part["start_minute"], part["end_minute"]
        row.is_half_day = row.start_minute is not None
        rows.append(row)
    return rows
