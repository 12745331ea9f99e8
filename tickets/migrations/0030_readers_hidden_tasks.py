import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who reads a ticket because they were asked for help on it, and tasks that are not for all."""

    dependencies = [
        ("accounts", "0008_agent_keys"),
        ("tickets", "0029_resolutions"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicaltask",
            name="is_hidden",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_hidden",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name="timelineentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("email_inbound", "Mail from the customer"),
                    ("email_outbound", "Mail to the customer"),
                    ("chat", "Chat"),
                    ("phone_note", "Phone call"),
                    ("note", "Internal note"),
                    ("system", "System"),
                    ("ownership", "Ownership"),
                    ("status_change", "Status"),
                    ("priority_change", "Priority"),
                    ("envelope_created", "Envelope opened"),
                    ("envelope_message", "Envelope message"),
                    ("envelope_completed", "Envelope sealed"),
                    ("task_created", "Task created"),
                    ("task_completed", "Task completed"),
                    ("resolution", "Resolution"),
                    ("approval", "Approval"),
                    ("flag", "Flag"),
                    ("link", "Link"),
                    ("change", "Change"),
                    ("connector", "Connector"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="TicketReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_for_those_in_charge", models.BooleanField(default=False)),
                ("until", models.DateTimeField(null=True)),
                ("source", models.UUIDField()),
                (
                    "agent",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agent",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.team",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readers", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "verbose_name": "reader of a ticket",
                "verbose_name_plural": "readers of tickets",
                "indexes": [
                    models.Index(
                        condition=models.Q(("agent__isnull", False)),
                        fields=["agent"],
                        include=("ticket", "until"),
                        name="ticketreader_agent",
                    ),
                    models.Index(
                        condition=models.Q(("team__isnull", False)),
                        fields=["team"],
                        include=("ticket", "until"),
                        name="ticketreader_team",
                    ),
                    models.Index(
                        condition=models.Q(("until__isnull", False)), fields=["until"], name="ticketreader_until"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("agent__isnull", False), ("is_for_those_in_charge", False), ("team__isnull", True)
                            ),
                            models.Q(("agent__isnull", True), ("team__isnull", False)),
                            _connector="OR",
                        ),
                        name="ticketreader_one_target",
                    ),
                    models.UniqueConstraint(
                        fields=("source", "agent", "team"), name="ticketreader_once", nulls_distinct=False
                    ),
                ],
            },
        ),
    ]
