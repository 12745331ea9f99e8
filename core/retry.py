"""When to try again: three attempts soon, then growing pauses for up to 24 hours, then a visible failure (ruling
29).
"""

from datetime import datetime, timedelta

SOON = (timedelta(seconds=1), timedelta(seconds=2))
LATER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240))
GIVE_UP_AFTER = timedelta(hours=24)


def next_attempt_at(attempts: int, *, since: datetime, now: datetime) -> datetime | None:
    """The next moment to try after `attempts` failed ones, or None when 24 hours since the first are over. All UTC."""
    pauses = SOON + LATER
    moment = now + pauses[min(max(attempts, 1), len(pauses)) - 1]
    return moment if moment - since <= GIVE_UP_AFTER else None
