"""How often a customer has come to us about one issue (domain.md section 12, `repeat_contact`)."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from accounts.models import Agent
from tickets.models import Ticket

WITHIN = timedelta(days=30)
CONTACTS = 3
"""The one that makes it a repeat contact."""

_COUNT = """
WITH RECURSIVE chain (id, depth) AS (
    VALUES (%(ticket)s::uuid, 0)
    UNION
    SELECT near.id, c.depth + 1 FROM chain c JOIN tickets_ticket o ON o.id = c.id CROSS JOIN LATERAL (
        SELECT o.follow_up_of_id AS id UNION ALL SELECT o.merged_into_id
        UNION ALL SELECT t.id FROM tickets_ticket t WHERE t.follow_up_of_id = o.id
        UNION ALL SELECT t.id FROM tickets_ticket t WHERE t.merged_into_id = o.id) near
     WHERE c.depth < 10 AND near.id IS NOT NULL
), issue AS (
    SELECT t.id FROM tickets_ticket t
     WHERE t.id IN (SELECT id FROM chain) AND (t.requester_id = %(requester)s OR t.company_id = %(company)s)
    UNION
    SELECT t.id FROM tickets_ticket t
     WHERE t.category_id = %(category)s AND t.last_customer_message_at >= %(since)s AND t.channel <> 'monitoring'
       AND t.status <> 'cancelled' AND (t.requester_id = %(requester)s OR t.company_id = %(company)s)
)
SELECT count(*) FROM (
    SELECT FROM issue i JOIN tickets_timelineentry e ON e.ticket_id = i.id
     WHERE e.created_at BETWEEN %(since)s AND %(until)s AND e.kind IN ('email_inbound', 'chat', 'phone_note')
       AND (e.visibility = 'public' AND e.author_type = 'customer' OR e.facts ->> 'direction' = 'inbound'
            OR e.visibility = 'public' AND NOT e.facts ? 'direction')
       AND NOT EXISTS (SELECT FROM tickets_timelineentry s
                        WHERE s.ticket_id = e.ticket_id AND s.seq > e.seq AND s.created_at = e.created_at
                          AND s.kind = 'status_change' AND s.facts ->> 'from' = 'waiting_customer')
     LIMIT %(most)s) found
"""
"""What customers said, and calls of theirs that somebody wrote down. An answer to a question of ours, which made the
ticket go on, is no contact about the issue. Entries count where they were written, so a mail that was moved or merged
counts once.
"""


def contacts_about(ticket: Ticket, *, since: datetime, until: datetime) -> int:
    """How often the same customer or company came in that time about the ticket's chain or its category; at most
    `CONTACTS`. One query.
    """
    values = {
        "ticket": ticket.pk,
        "requester": ticket.requester_id,
        "company": ticket.company_id,
        "category": ticket.category_id,
        "since": since,
        "until": until,
        "most": CONTACTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        (count,) = cursor.fetchone()
    return int(count)


SHOWN = 5


def about_the_same(ticket: Ticket, *, seen_by: Agent) -> list[Ticket]:
    """The newest other tickets of the customer or company next to it in its chain, or of its category in the last 30
    days, as far as the reader sees them.
    """
    near = Q(follow_up_of=ticket) | Q(merged_into=ticket) | Q(pk__in=[ticket.follow_up_of_id, ticket.merged_into_id])
    if ticket.category_id is not None:
        near |= Q(category=ticket.category_id, created_at__gte=timezone.now() - WITHIN)
    whose = Q(requester=ticket.requester_id)
    if ticket.company_id is not None:
        whose |= Q(company=ticket.company_id)
    found = Ticket.objects.visible_to(seen_by).filter(near, whose).exclude(pk=ticket.pk)
    return list(found.only("reference", "subject", "status", "created_at").order_by("-created_at", "-id")[:SHOWN])
