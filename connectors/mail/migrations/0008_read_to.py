from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0007_conversations"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="read_to",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
