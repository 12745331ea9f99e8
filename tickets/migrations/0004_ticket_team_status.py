from django.db import migrations, models


class Migration(migrations.Migration):
    """For lists narrowed to a status that is rare among the newest: without it they walked through the whole table."""

    dependencies = [("tickets", "0003_search_by_team")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["team", "status", "-created_at", "-id"], name="ticket_team_status"),
        ),
    ]
