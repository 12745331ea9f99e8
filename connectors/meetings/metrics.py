"""What operators watch of meetings on their way to calendars; read by `/metrics`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors.meetings.models import CalendarCopy
from core.metrics import Gauge

LATELY = timedelta(days=1)


def of_meetings(now: datetime) -> Iterable[Gauge]:
    yield Gauge("meetings_waiting", "Meetings on their way to a calendar", CalendarCopy.objects.waiting().count())
    failed = CalendarCopy.objects.filter(failed_at__gt=now - LATELY).count()
    yield Gauge("meetings_failed", "Meetings of the last day that no calendar has taken", failed)
