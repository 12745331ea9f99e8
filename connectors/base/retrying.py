"""How long to wait before the next attempt: what the other side asks for, else longer each time and never alike."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.conf import settings

ATTEMPTS = 3
"""Within one run (ruling 29); then the row that wanted it waits, with growing pauses up to 24 h."""
BASE_SECONDS = 1.0


def asked_pause(header: str | None, *, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for in either of its forms (RFC 9110 section 10.2.3), at most
    CONNECTORS_LONGEST_PAUSE_SECONDS; None for nothing usable.
    """
    most = float(settings.CONNECTORS_LONGEST_PAUSE_SECONDS)
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), most)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, 0.0), most)


def own_pause(attempt: int) -> float:
    """Seconds after the failed `attempt`, counted from 1: full jitter, so that workers do not come back together."""
    return random.uniform(0, BASE_SECONDS * 2 ** (attempt - 1))  # noqa: S311  # no secret hangs on it
