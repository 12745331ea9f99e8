"""What operators watch of promises; read by `/metrics`."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Min, Sum

from core.metrics import Gauge
from sla.models import SlaClock, TermsWalk


def of_clocks(now: datetime) -> Iterable[Gauge]:
    """Missed promises that nobody has noted yet, and tickets that still follow an edit; both small in good health."""
    rows = SlaClock.objects.due(now).aggregate(count=Count("pk"), oldest=Min("due_at"))
    yield Gauge("clocks_missed_unnoted", "Promises missed and not yet written down", rows["count"])
    late = (now - rows["oldest"]).total_seconds() if rows["oldest"] else 0
    yield Gauge("clock_sweep_lag_seconds", "How late the oldest of them is", max(0, late))
    walks = TermsWalk.objects.filter(ended_at__isnull=True).count()
    yield Gauge("terms_walks_under_way", "Edits that open tickets still follow", walks)
    missed = TermsWalk.objects.exclude(missed=[]).aggregate(count=Sum("missed__len"))["count"] or 0
    yield Gauge("terms_walk_failures", "Tickets that failed to follow an edit and are tried again", missed)
