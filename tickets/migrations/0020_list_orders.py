from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

IS_OPEN = models.Q(("status__in", ["new", "in_progress", "waiting_customer", "waiting_internal"]))


class Migration(migrations.Migration):
    """For the orders a list is offered in: without them a list of all tickets was sorted whole for each page."""

    atomic = False

    dependencies = [("tickets", "0019_saved_views")]

    operations = [
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(fields=["-priority_score", "created_at", "id"], name="ticket_urgent"),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(fields=["team", "-priority_score", "created_at", "id"], name="ticket_team_urgent"),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(fields=["status", "-created_at", "-id"], name="ticket_status_newest"),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=IS_OPEN, fields=["-priority_score", "created_at", "id"], name="ticket_open_urgent"
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(condition=IS_OPEN, fields=["-created_at", "-id"], name="ticket_open_newest"),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(
                condition=IS_OPEN, fields=["team", "-created_at", "-id"], name="ticket_open_team_newest"
            ),
        ),
        AddIndexConcurrently(
            model_name="ticket",
            index=models.Index(condition=IS_OPEN, fields=["status", "-created_at", "-id"], name="ticket_open_status"),
        ),
    ]
