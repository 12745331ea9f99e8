"""How some people of the demo desk want to be told of things."""

from datetime import time

from desk.demo.acts import Cast
from notifications.enums import DeliveryChannel, EventType, Timing
from notifications.models import NotificationPreference, QuietHours
from notifications.services import keep_preference, keep_quiet_hours

QUIET = (("mara", time(20), time(7)), ("sam", time(22), time(6, 30)))
CHOICES = (
    ("mara", EventType.CUSTOMER_REPLY, (DeliveryChannel.PUSH,), Timing.IMMEDIATE),
    ("jonas", EventType.MENTIONED, (DeliveryChannel.EMAIL,), Timing.HOURLY_DIGEST),
    ("lea", EventType.ALERT, (DeliveryChannel.PUSH, DeliveryChannel.EMAIL), Timing.IMMEDIATE),
)


def choose(cast: Cast) -> None:
    """Unless they have chosen something since."""
    for key, quiet_from, quiet_to in QUIET:
        agent = cast.agent(key)
        if not QuietHours.objects.filter(agent=agent).exists():
            keep_quiet_hours(agent, by=agent, quiet_from=quiet_from, quiet_to=quiet_to)
    for key, event, channels, timing in CHOICES:
        agent = cast.agent(key)
        if not NotificationPreference.objects.filter(agent=agent, event_type=event).exists():
            keep_preference(agent, event, by=agent, channels=channels, timing=timing)
