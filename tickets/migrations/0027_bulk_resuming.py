from django.db import migrations, models

COUNT = """
UPDATE tickets_bulkact SET total = (SELECT count(*) FROM tickets_bulkoutcome WHERE act_id = tickets_bulkact.id)
"""


class Migration(migrations.Migration):
    """Acts on many tickets know how many they are about, and when a ticket that failed by a fault is tried again."""

    dependencies = [
        ("tickets", "0026_kanban_boards"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkact",
            name="total",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="bulkoutcome",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="bulkoutcome",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
