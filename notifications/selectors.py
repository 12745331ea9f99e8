from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Agent
from accounts.reach import reach_of
from notifications.errors import MayNotSeeFailures
from notifications.models import Delivery, Notification, WorkingOn
from notifications.policies import may_see_all_failures, may_see_failures
from tickets.around import surroundings_of
from tickets.models import Ticket

KEPT_BESIDE = "worked_on"
WORKED_ON = "EXISTS (SELECT FROM notifications_workingon n WHERE n.ticket_id = tickets_ticket.id AND n.until > now())"
"""Whether anybody has said to work on a ticket: read with what stands around it (`tickets.around`)."""
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


def deliveries_of(agent: Agent) -> QuerySet[Delivery]:
    """What went to somebody outside the app, or was to go, newest first."""
    return Delivery.objects.filter(recipient=agent).counted().order_by("-scheduled_for", "-id")


def failures_seen_by(agent: Agent) -> QuerySet[Delivery]:
    """Deliveries to people in the agent's charge that failed, latest first; who, how and why, not what they said.

    Raises MayNotSeeFailures.
    """
    if not may_see_failures(agent):
        raise MayNotSeeFailures
    failed = Delivery.objects.failed().select_related("recipient").counted().order_by("-failed_at", "-id")
    if may_see_all_failures(agent):
        return failed
    members = Agent.objects.filter(teams__in=reach_of(agent).overseen).values("pk")
    return failed.filter(recipient__in=members)


def works_on(agent: Agent, *, now: datetime) -> QuerySet[WorkingOn]:
    """Tickets the agent has said to be working on, as far as they may still see them."""
    rows = WorkingOn.objects.filter(agent=agent, until__gt=now, ticket__in=Ticket.objects.visible_to(agent))
    return rows.select_related("ticket").order_by("until")


def own_work_on(agent: Agent, ticket: Ticket, *, now: datetime) -> datetime | None:
    """Until when the agent has said to work on the ticket, read with its surroundings; no query where nobody has."""
    if not surroundings_of(ticket).also[KEPT_BESIDE]:
        return None
    rows = WorkingOn.objects.filter(agent=agent, ticket=ticket, until__gt=now)
    return rows.values_list("until", flat=True).first()


def at_work_on(ticket_id: UUID, *, besides: UUID, now: datetime) -> QuerySet[WorkingOn]:
    """Colleagues who have said that they are working on the ticket."""
    rows = WorkingOn.objects.filter(ticket_id=ticket_id, until__gt=now, agent__is_active=True).exclude(agent=besides)
    return rows.select_related("agent").order_by("agent__name")
