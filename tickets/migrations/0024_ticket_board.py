from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Boards count and order what is in work without a look at the table."""

    atomic = False

    dependencies = [("tickets", "0023_open_company")]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                fields=["team"],
                include=[
                    "status",
                    "priority",
                    "owner",
                    "offered_to",
                    "company",
                    "requester",
                    "priority_score",
                    "created_at",
                    "id",
                ],
                condition=models.Q(
                    status__in=["new", "in_progress", "waiting_customer", "waiting_internal", "resolved"]
                ),
                name="ticket_board",
            ),
        ),
    ]
