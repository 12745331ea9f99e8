"""What operators watch of outgoing mail; read by `/metrics`."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Min, Q

from core.metrics import Gauge
from tickets.enums import OutboundStatus
from tickets.models import OutboundMessage

O = OutboundStatus  # noqa: E741  # short in the table below


def of_outgoing_mail(now: datetime) -> Iterable[Gauge]:
    """Messages under way and failed, and how late the oldest is."""
    under_way = Q(status__in=[O.QUEUED, O.SENDING])
    rows = OutboundMessage.objects.filter(status__in=[O.HELD, O.QUEUED, O.SENDING, O.FAILED]).aggregate(
        under_way=Count("pk", filter=under_way),
        failed=Count("pk", filter=Q(status=O.FAILED)),
        oldest=Min("released_at", filter=under_way),
    )
    yield Gauge("outgoing_messages_under_way", "Released messages not yet sent", rows["under_way"])
    yield Gauge("outgoing_messages_failed", "Messages given up", rows["failed"])
    age = (now - rows["oldest"]).total_seconds() if rows["oldest"] else 0
    yield Gauge("outgoing_message_lag_seconds", "Age of the oldest message not yet sent", max(0, age))
