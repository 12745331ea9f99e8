from django.db import migrations


class Migration(migrations.Migration):
    """What was told before there were channels beside the app is delivered by none of them afterwards."""

    dependencies = [
        ("notifications", "0012_deliveries"),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE notifications_notification SET planned_at = created_at WHERE planned_at IS NULL",
            migrations.RunSQL.noop,
        ),
    ]
