from django.db import migrations, models


class Migration(migrations.Migration):
    """How lists are shown to a person."""

    dependencies = [
        ("accounts", "0005_undeliverable_contacts"),
    ]

    operations = [
        migrations.AddField(
            model_name="agent",
            name="list_settings",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
