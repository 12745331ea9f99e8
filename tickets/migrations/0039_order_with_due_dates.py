from datetime import UTC, datetime

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

OPEN = ["new", "in_progress", "waiting_customer", "waiting_internal"]
DUE = Coalesce(
    "resolution_due_at", models.Value(datetime(9999, 12, 31, tzinfo=UTC)), output_field=models.DateTimeField()
)
RANKED = (F("priority_score").desc(), DUE, F("created_at"), F("id"))
BY_DUE = (DUE, F("priority_score").desc(), F("created_at"), F("id"))


class Migration(migrations.Migration):
    """Of equally urgent tickets what is due first stands first, and lists stand by what is due.

    The new indexes have names of their own, so that lists stay quick until they are there.
    """

    atomic = False

    dependencies = [("tickets", "0038_reminders_to_customers")]

    operations = [
        AddIndexConcurrently(
            "ticket",
            models.Index(F("team"), *RANKED, condition=Q(status__in=OPEN), name="ticket_open_team_ranked"),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(F("owner"), *RANKED, condition=Q(status__in=OPEN), name="ticket_open_owner_ranked"),
        ),
        AddIndexConcurrently("ticket", models.Index(*RANKED, name="ticket_ranked")),
        AddIndexConcurrently("ticket", models.Index(F("team"), *RANKED, name="ticket_team_ranked")),
        AddIndexConcurrently("ticket", models.Index(*RANKED, condition=Q(status__in=OPEN), name="ticket_open_ranked")),
        AddIndexConcurrently("ticket", models.Index(*BY_DUE, name="ticket_due")),
        AddIndexConcurrently("ticket", models.Index(*BY_DUE, condition=Q(status__in=OPEN), name="ticket_open_due")),
        AddIndexConcurrently(
            "ticket",
            models.Index(F("team"), *BY_DUE, condition=Q(status__in=OPEN), name="ticket_open_team_due"),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(
                fields=["team"],
                include=[
                    "status",
                    "priority",
                    "owner",
                    "offered_to",
                    "company",
                    "requester",
                    "priority_score",
                    "resolution_due_at",
                    "created_at",
                    "id",
                ],
                condition=Q(status__in=[*OPEN, "resolved"]),
                name="ticket_boards",
            ),
        ),
        RemoveIndexConcurrently("ticket", "ticket_open_team"),
        RemoveIndexConcurrently("ticket", "ticket_open_owner"),
        RemoveIndexConcurrently("ticket", "ticket_urgent"),
        RemoveIndexConcurrently("ticket", "ticket_team_urgent"),
        RemoveIndexConcurrently("ticket", "ticket_open_urgent"),
        RemoveIndexConcurrently("ticket", "ticket_board"),
    ]
