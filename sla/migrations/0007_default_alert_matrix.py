from django.db import migrations

# Business minutes of levels 1, 2, 3 (domain.md section 10).
MATRIX = {
    "critical": {"not_assigned": (5, 600, 900), "not_updated": (15, 30, 45), "not_completed": (30, 15, 0)},
    "high": {"not_assigned": (15, 600, 900), "not_updated": (60, 120, 180), "not_completed": (60, 30, 0)},
    "medium": {"not_assigned": (30, 1200, 1800), "not_updated": (120, 240, 360), "not_completed": (120, 60, 0)},
    "low": {"not_assigned": (120, 2400, 3600), "not_updated": (360, 720, 1080), "not_completed": (360, 180, 0)},
}
MANAGER = ["group_manager"]
WIDENING = (["tech"], ["tech", "supervisor"], ["tech", "supervisor", "group_manager"])

# Over tickets that are there already; from now on, so that nobody is told of the time before.
WATCH = """
INSERT INTO sla_alertwatch (ticket_id, condition, cycle, next_level, anchor_at, due_at)
SELECT t.id, c.condition, CASE WHEN c.anchor IS NULL THEN 0 ELSE 1 END, 1, c.anchor,
       CASE WHEN c.anchor IS NOT NULL THEN now() END
  FROM tickets_ticket t
  LEFT JOIN sla_slaclock k ON k.ticket_id = t.id AND k.metric = 'resolution' AND k.state IN ('running', 'paused')
 CROSS JOIN LATERAL (VALUES
           ('not_assigned', CASE WHEN t.status = 'new' THEN now() END),
           ('not_updated', CASE WHEN t.owner_id IS NOT NULL
                AND t.status IN ('in_progress', 'waiting_customer', 'waiting_internal') THEN now() END),
           ('not_completed', k.due_at)
       ) AS c (condition, anchor)
    ON CONFLICT DO NOTHING
"""


def add_matrix(apps, schema_editor):
    rules = apps.get_model("sla", "AlertRule").objects.using(schema_editor.connection.alias)
    for priority, conditions in MATRIX.items():
        for condition, thresholds in conditions.items():
            for place, minutes in enumerate(thresholds):
                recipients = MANAGER if condition == "not_assigned" else WIDENING[place]
                rules.get_or_create(
                    priority=priority,
                    condition=condition,
                    level=place + 1,
                    defaults={"threshold_minutes": minutes, "recipients": recipients},
                )


class Migration(migrations.Migration):
    dependencies = [("sla", "0006_alert_matrix"), ("tickets", "0035_sla_entries")]

    operations = [
        migrations.RunPython(add_matrix, migrations.RunPython.noop),
        migrations.RunSQL(WATCH, migrations.RunSQL.noop),
    ]
