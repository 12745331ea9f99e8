from django.db import migrations

# Business minutes (domain.md section 9).
INTERVALS = {"critical": 60, "high": 120, "medium": 240, "low": 480}

# Tickets that wait already; from now on, so that nobody is asked for the time before.
WATCH = """
INSERT INTO sla_clientreminderwatch (ticket_id, anchor_at, sent, due_at)
SELECT id, now(), 0, now() FROM tickets_ticket WHERE status = 'waiting_customer'
    ON CONFLICT DO NOTHING
"""


def add_rules(apps, schema_editor):
    rules = apps.get_model("sla", "ClientReminderRule").objects.using(schema_editor.connection.alias)
    for priority, minutes in INTERVALS.items():
        rules.get_or_create(priority=priority, defaults={"interval_minutes": minutes})


class Migration(migrations.Migration):
    dependencies = [("sla", "0012_reminders_to_customers")]

    operations = [
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
