"""What operators watch of deliveries to people; read by `/metrics`. Counts go by partial indexes."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Min, Q

from core.metrics import Gauge
from notifications.enums import Because, DeliveryChannel
from notifications.models import Delivery, Notification


def of_deliveries(now: datetime) -> Iterable[Gauge]:
    """What waits to be planned or handed over, how late the oldest is, and what has failed by channel."""
    unplanned = Notification.objects.unplanned().aggregate(waiting=Count("pk"), oldest=Min("created_at"))
    due = Delivery.objects.filter(next_attempt_at__lte=now).aggregate(
        waiting=Count("pk"), oldest=Min("next_attempt_at")
    )
    yield Gauge("notifications_unplanned", "Notifications of which it is not decided how they go", unplanned["waiting"])
    yield Gauge("notification_deliveries_due", "Deliveries to people that are due", due["waiting"])
    since = [moment for moment in (unplanned["oldest"], due["oldest"]) if moment is not None]
    late = (now - min(since)).total_seconds() if since else 0
    yield Gauge("notification_lag_seconds", "How long the oldest of both is overdue", max(0, late))
    failed = Delivery.objects.failed().order_by().values("channel")
    rows = failed.annotate(all=Count("pk"), went_on=Count("pk", filter=Q(because=Because.NEXT_CHANNEL)))
    counts = {row["channel"]: row for row in rows}
    for channel in DeliveryChannel:
        if channel == DeliveryChannel.IN_APP:
            continue
        row = counts.get(channel, {"all": 0, "went_on": 0})
        words = f"Deliveries by {channel.value} of the last 30 days"
        yield Gauge(f"notification_deliveries_failed_{channel.value}", f"{words} given up", row["all"] - row["went_on"])
        went_on = f"{words} that went on by the next channel"
        yield Gauge(f"notification_deliveries_passed_on_{channel.value}", went_on, row["went_on"])
