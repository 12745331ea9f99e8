"""`GET /metrics`: what the queues look like, in Prometheus' text format, from loopback or with a token."""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from core.models import EventDelivery, Heartbeat


class Gauge(NamedTuple):
    """One number; `name` without the prefix `itilnext_`, with its unit at the end."""

    name: str
    help: str
    value: float


Source = Callable[[datetime], Iterable[Gauge]]
sources: list[Source] = []
"""What is measured, read anew at each request; higher apps append theirs in `ready()`."""


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """404 for strangers: that there are metrics is nobody's business."""
    if not _may_read(request):
        return HttpResponse(status=404)
    now = timezone.now()
    lines = []
    for source in sources:
        for gauge in source(now):
            name = f"itilnext_{gauge.name}"
            lines += [f"# HELP {name} {gauge.help}", f"# TYPE {name} gauge", f"{name} {gauge.value:g}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(request: HttpRequest) -> bool:
    """A request that came through a proxy is not from loopback, whatever its last hop."""
    token = settings.METRICS_TOKEN
    if token and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return True
    if request.headers.get("X-Forwarded-For"):
        return False
    address = request.META.get("REMOTE_ADDR", "")
    return not address or ipaddress.ip_address(address).is_loopback  # without an address it is a local socket


def of_the_outbox(now: datetime) -> Iterable[Gauge]:
    """Event deliveries that wait or have failed, and the age of the last sweep."""
    waiting = Q(done_at__isnull=True, failed_at__isnull=True)
    rows = EventDelivery.objects.filter(done_at__isnull=True).aggregate(
        waiting=Count("pk", filter=waiting),
        failed=Count("pk", filter=Q(failed_at__isnull=False)),
        oldest=Min("due_at", filter=waiting),
    )
    yield Gauge("event_deliveries_waiting", "Event deliveries not yet done", rows["waiting"])
    yield Gauge("event_deliveries_failed", "Event deliveries given up", rows["failed"])
    age = (now - rows["oldest"]).total_seconds() if rows["oldest"] else 0
    yield Gauge("event_delivery_lag_seconds", "How long the oldest event delivery is overdue", max(0, age))
    for beat in Heartbeat.objects.order_by("name"):
        seconds = (now - beat.ended_at).total_seconds()
        yield Gauge(f"heartbeat_{beat.name}_age_seconds", f"Time since the last run of {beat.name}", seconds)


sources.append(of_the_outbox)
