"""What stands still is due at no moment that anybody knows."""

from django.db import migrations

UNSET = """
    UPDATE tickets_ticket SET resolution_due_at = NULL
    FROM sla_slaclock
    WHERE sla_slaclock.ticket_id = tickets_ticket.id AND sla_slaclock.metric = 'resolution'
        AND sla_slaclock.state = 'paused' AND tickets_ticket.resolution_due_at IS NOT NULL
"""
SET_AGAIN = """
    UPDATE tickets_ticket SET resolution_due_at = sla_slaclock.due_at
    FROM sla_slaclock
    WHERE sla_slaclock.ticket_id = tickets_ticket.id AND sla_slaclock.metric = 'resolution'
        AND sla_slaclock.state = 'paused'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sla", "0020_walks_that_missed_tickets"),
        ("tickets", "0039_order_with_due_dates"),
    ]

    operations = [migrations.RunSQL(UNSET, SET_AGAIN)]
