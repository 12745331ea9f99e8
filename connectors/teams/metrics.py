"""What operators watch of posts to channels; read by `/metrics`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from connectors.teams.enums import PostStatus
from connectors.teams.models import ChannelPost
from core.metrics import Gauge

LATELY = timedelta(days=1)


def of_posts(now: datetime) -> Iterable[Gauge]:
    yield Gauge("channel_posts_waiting", "Cards on their way to channels", ChannelPost.objects.waiting().count())
    failed = ChannelPost.objects.filter(status=PostStatus.FAILED, created_at__gt=now - LATELY).count()
    yield Gauge("channel_posts_failed", "Cards of the last day that no channel has taken", failed)
