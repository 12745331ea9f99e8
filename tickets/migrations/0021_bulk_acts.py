import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import core.models


class Migration(migrations.Migration):
    """Receipts of acts on many tickets."""

    dependencies = [
        ("accounts", "0006_list_settings"),
        ("tickets", "0020_list_orders"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", models.UUIDField(default=core.models.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created at"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("accept", "Accept"),
                            ("priority", "Change priority"),
                            ("add_tags", "Add tags"),
                            ("remove_tags", "Remove tags"),
                            ("watch", "Watch"),
                            ("offer", "Offer to a colleague"),
                            ("change_team", "Change team"),
                            ("cancel", "Cancel"),
                        ],
                        max_length=12,
                        verbose_name="act",
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bulk_acts", to="accounts.agent"
                    ),
                ),
            ],
            options={
                "verbose_name": "act on many tickets",
                "verbose_name_plural": "acts on many tickets",
            },
        ),
        migrations.CreateModel(
            name="BulkOutcome",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=20, verbose_name="reference")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("unchanged", "Was so already"),
                            ("refused", "Not done"),
                            ("undone", "Taken back"),
                            ("kept", "Not taken back"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("detail", models.TextField(blank=True, verbose_name="reason")),
                ("before", models.JSONField(default=dict)),
                (
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outcomes", to="tickets.bulkact"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "outcome for a ticket",
                "verbose_name_plural": "outcomes for tickets",
                "ordering": ["id"],
            },
        ),
    ]
