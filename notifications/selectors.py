from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Agent
from notifications.models import Notification
from tickets.models import Ticket

BADGE_LIMIT = 100
"""Nobody reads a higher number; counting stops there."""


def unread_count(agent: Agent) -> int:
    """Unread notifications, at most `BADGE_LIMIT`. Every page asks."""
    unread = "SELECT FROM notifications_notification WHERE recipient_id = %s AND read_at IS NULL LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({unread}) AS unread", [agent.pk, BADGE_LIMIT])  # noqa: S608
        return int(cursor.fetchone()[0])


def notifications_of(agent: Agent) -> QuerySet[Notification]:
    """Own notifications, newest first, with what their wording needs.

    `is_ticket_in_sight` is asked anew: what somebody was told in their time may be out of their sight today.
    """
    in_sight = Ticket.objects.visible_to(agent).filter(pk=OuterRef("ticket")).order_by()
    rows = Notification.objects.filter(recipient=agent).select_related("ticket")
    return rows.annotate(is_ticket_in_sight=Exists(in_sight)).order_by("-created_at", "-id")
