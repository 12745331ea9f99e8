from django.db import migrations, models


class Migration(migrations.Migration):
    """Acts on more tickets than fit into a request: how far each is, and who has it."""

    dependencies = [
        ("accounts", "0007_agent_panels"),
        ("tickets", "0024_ticket_board"),
    ]

    operations = [
        migrations.AddField(
            model_name="bulkact",
            name="ended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="bulkact",
            name="leased_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="bulkact",
            name="stage",
            field=models.CharField(
                choices=[
                    ("asked", "Not begun"),
                    ("queued", "Waits for its turn"),
                    ("running", "Running"),
                    ("done", "Finished"),
                ],
                default="done",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="bulkoutcome",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Not done yet"),
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
        migrations.AddIndex(
            model_name="bulkact",
            index=models.Index(
                condition=models.Q(("stage__in", ["queued", "running"])), fields=["created_at"], name="bulkact_due"
            ),
        ),
    ]
