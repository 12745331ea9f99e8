from django.db.models import QuerySet

from accounts.models import Agent
from notifications.models import Notification

BADGE_LIMIT = 100
"""Nobody reads a higher number; counting stops there."""


def unread_count(agent: Agent) -> int:
    """Unread notifications, at most `BADGE_LIMIT`."""
    unread = Notification.objects.unread().filter(recipient=agent).order_by()
    return unread[:BADGE_LIMIT].count()


def notifications_of(agent: Agent) -> QuerySet[Notification]:
    """Own notifications, newest first, with what their wording needs."""
    return Notification.objects.filter(recipient=agent).select_related("ticket").order_by("-created_at", "-id")
