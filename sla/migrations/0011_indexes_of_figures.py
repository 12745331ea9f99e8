from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Figures of a period find its clocks and alerts without a look at all of them."""

    atomic = False

    dependencies = [("sla", "0010_alerts_by_person")]

    operations = [
        AddIndexConcurrently(
            model_name="alert",
            index=models.Index(fields=["triggered_at"], name="alert_raised"),
        ),
        AddIndexConcurrently(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("state", "completed"), ("breached_at__isnull", False), _connector="OR"),
                fields=["due_at"],
                name="slaclock_decided",
            ),
        ),
        AddIndexConcurrently(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("state", "completed")), fields=["completed_at"], name="slaclock_completed_at"
            ),
        ),
    ]
