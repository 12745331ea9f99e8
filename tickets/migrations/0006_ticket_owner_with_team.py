from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether an agent owns tickets outside their teams is answered by the index alone; search asks it each time."""

    dependencies = [("tickets", "0005_walls_of_attachments")]

    operations = [
        migrations.RemoveIndex(model_name="ticket", name="ticket_owner_newest"),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["owner", "-created_at", "-id"], include=["team"], name="ticket_owner_newest"),
        ),
    ]
