from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Figures of a period find what was resolved, closed or reopened without a look at all tickets."""

    atomic = False

    dependencies = [("tickets", "0036_cleanings_name_the_old_html")]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(resolved_at__isnull=False),
                fields=["resolved_at"],
                include=["team"],
                name="ticket_resolved",
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(closed_at__isnull=False),
                fields=["closed_at"],
                include=["team"],
                name="ticket_closed",
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(reopen_count__gt=0),
                fields=["team"],
                name="ticket_reopened",
            ),
        ),
    ]
