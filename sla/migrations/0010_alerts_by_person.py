from django.db import migrations, models

PUT_AWAY = """
    UPDATE sla_alertrecipient r SET is_open = false FROM sla_alert a WHERE a.id = r.alert_id AND a.status <> 'open'
"""


class Migration(migrations.Migration):
    dependencies = [("sla", "0009_usual_scores")]

    operations = [
        migrations.AddField(model_name="alertrecipient", name="is_open", field=models.BooleanField(default=True)),
        migrations.RunSQL(PUT_AWAY, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="alertrecipient",
            index=models.Index(
                condition=models.Q(("is_open", True)), fields=["agent", "alert"], name="alertrecipient_open"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["status", "-triggered_at", "-id"], name="alert_newest"),
        ),
    ]
