"""Doing things in the past: within `at(moment)`, Django's clock stands at `moment`.

The demo desk's tickets come about by the same services as real ones, weeks ago. Services read `timezone.now()`, and
columns take it as their default; both are turned. Only `seed_demo` uses this, in a process of its own with one thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.apps import apps
from django.utils import timezone

BERLIN = ZoneInfo("Europe/Berlin")
_real_now = timezone.now


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be `moment` for everything that asks Django for the time."""

    def now() -> datetime:
        return moment

    fields = [field for model in apps.get_models() for field in model._meta.fields if field.default is _real_now]
    with patch.object(timezone, "now", now):
        for field in fields:
            field.__dict__["_get_default"] = now  # shadows the cached property that remembers the real clock
        try:
            yield
        finally:
            for field in fields:
                del field.__dict__["_get_default"]


def moment(text: str, *, now: datetime) -> datetime:
    """`12d 09:14`: twelve working days (Monday to Friday) before today, 09:14 in Berlin; `25m`: so many minutes ago."""
    if text.endswith("m"):
        return now - timedelta(minutes=int(text[:-1]))
    days, clock = text.split("d ")
    day = _working_day(now.astimezone(BERLIN).date(), int(days))
    return datetime.combine(day, time.fromisoformat(clock), BERLIN).astimezone(UTC)


def _working_day(today: date, before: int) -> date:
    if before < 1:
        raise ValueError("moments of today are given in minutes, so that none lies ahead")
    day = today
    while before:
        day -= timedelta(days=1)
        before -= day.weekday() < 5
    return day
