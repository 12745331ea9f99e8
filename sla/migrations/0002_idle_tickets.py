from django.db import migrations

# Of tickets that are owned and open today: when they can have been idle for five days at the earliest.
WRITE = """
INSERT INTO sla_inactivitycheck (ticket_id, due_at)
SELECT t.id, greatest(now(), interval '5 days' + greatest(
           t.owner_accepted_at, t.last_staff_activity_at, t.last_public_reply_at, t.last_customer_message_at))
  FROM tickets_ticket t
 WHERE t.owner_id IS NOT NULL AND t.status IN ('in_progress', 'waiting_customer', 'waiting_internal')
    ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_reminders"), ("tickets", "0034_damage_checklist")]

    operations = [migrations.RunSQL(WRITE, migrations.RunSQL.noop)]
