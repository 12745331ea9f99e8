from django.db import migrations

# domain.md section 11.
VALUES = {
    "base_critical": "100",
    "base_high": "70",
    "base_medium": "40",
    "base_low": "10",
    "sla_hour": "3",
    "sla_half_day": "2",
    "sla_days": "1.5",
    "vip": "1.5",
    "premium": "1.2",
    "escalation": "1.3",
    "no_response": "1.2",
    "reopened": "1.4",
    "flag_social_media": "1.5",
    "flag_legal": "1.5",
    "flag_repeat_contact": "1.3",
    "attention": "80",
}

# Of tickets that are there already the first runs of the sweep compute the score.
OPEN_ONES = """
INSERT INTO sla_ticketscore (ticket_id, next_change_at)
SELECT id, now() FROM tickets_ticket WHERE status IN ('new', 'in_progress', 'waiting_customer', 'waiting_internal')
    ON CONFLICT DO NOTHING
"""


def add_values(apps, schema_editor):
    rows = apps.get_model("sla", "ScoreValue").objects.using(schema_editor.connection.alias)
    for code, value in VALUES.items():
        rows.get_or_create(code=code, defaults={"value": value})


class Migration(migrations.Migration):
    dependencies = [("sla", "0008_priority_score")]

    operations = [
        migrations.RunPython(add_values, migrations.RunPython.noop),
        migrations.RunSQL(OPEN_ONES, migrations.RunSQL.noop),
    ]
