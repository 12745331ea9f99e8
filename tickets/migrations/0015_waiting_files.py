from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0014_outbound_sent_now"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("scan_status", "pending")), fields=["created_at", "id"], name="attachment_pending"
            ),
        ),
    ]
