from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Alerts may be many by now: nobody waits for it."""

    atomic = False
    dependencies = [("sla", "0016_named_policies")]

    operations = [
        AddIndexConcurrently(
            model_name="alert",
            index=models.Index(fields=["condition", "level", "-triggered_at", "-id"], name="alert_of_cell"),
        ),
    ]
