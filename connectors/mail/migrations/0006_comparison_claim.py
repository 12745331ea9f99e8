from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0005_plus_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailbox",
            name="comparing_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
