import django.db.models.deletion
from django.db import migrations, models

WHERE_THEY_STAND = """
UPDATE meetings_meeting SET origin_id = ticket_id;
SET CONSTRAINTS ALL IMMEDIATE;
"""
"""Else the table could not be altered any more in this transaction."""


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0001_meetings"),
        ("tickets", "0039_order_with_due_dates"),
    ]

    operations = [
        migrations.AddField(
            model_name="calendarcopy",
            name="brought",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="historicalmeeting",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="tickets.ticket",
                verbose_name="arranged on",
            ),
        ),
        migrations.AddField(
            model_name="meeting",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.ticket",
                verbose_name="arranged on",
            ),
        ),
        migrations.RunSQL(WHERE_THEY_STAND, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="meeting",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.ticket",
                verbose_name="arranged on",
            ),
        ),
    ]
