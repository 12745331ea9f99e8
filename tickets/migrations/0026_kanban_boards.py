import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import core.models


class Migration(migrations.Migration):
    """Boards that somebody has named, with their history."""

    dependencies = [
        ("accounts", "0007_agent_panels"),
        ("tickets", "0025_bulk_jobs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalKanbanBoard",
            fields=[
                ("actor_name", models.CharField(blank=True, max_length=255, verbose_name="actor")),
                ("id", models.UUIDField(db_index=True, default=core.models.new_id, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created at"),
                ),
                ("updated_at", models.DateTimeField(blank=True, editable=False, verbose_name="updated at")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("slug", models.SlugField(editable=False, max_length=80, verbose_name="address")),
                (
                    "scope",
                    models.CharField(
                        choices=[("personal", "Only me"), ("team", "A team"), ("global", "Everybody")],
                        default="personal",
                        max_length=10,
                        verbose_name="for",
                    ),
                ),
                (
                    "base",
                    models.CharField(
                        choices=[("mine", "My queue"), ("team", "Team"), ("unowned", "Unowned"), ("all", "All")],
                        default="team",
                        max_length=10,
                        verbose_name="begins with",
                    ),
                ),
                ("filters", models.JSONField(blank=True, default=dict, verbose_name="filters")),
                (
                    "column_field",
                    models.CharField(
                        choices=[
                            ("status", "Status"),
                            ("priority", "Priority"),
                            ("team", "Team"),
                            ("agent", "Agent"),
                            ("customer", "Customer"),
                            ("sla_status", "SLA"),
                        ],
                        default="status",
                        max_length=12,
                        verbose_name="columns by",
                    ),
                ),
                (
                    "swimlane_field",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("status", "Status"),
                            ("priority", "Priority"),
                            ("team", "Team"),
                            ("agent", "Agent"),
                            ("customer", "Customer"),
                            ("sla_status", "SLA"),
                        ],
                        max_length=12,
                        verbose_name="lanes by",
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="columns",
                    ),
                ),
                (
                    "sort_by",
                    models.CharField(
                        choices=[
                            ("priority_score", "Most urgent first"),
                            ("created_at", "Oldest first"),
                            ("due", "First due first"),
                        ],
                        default="priority_score",
                        max_length=16,
                        verbose_name="order",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("history_change_reason", models.CharField(max_length=500, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.agent",
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical board",
                "verbose_name_plural": "historical boards",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="KanbanBoard",
            fields=[
                ("id", models.UUIDField(default=core.models.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created at"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("slug", models.SlugField(editable=False, max_length=80, verbose_name="address")),
                (
                    "scope",
                    models.CharField(
                        choices=[("personal", "Only me"), ("team", "A team"), ("global", "Everybody")],
                        default="personal",
                        max_length=10,
                        verbose_name="for",
                    ),
                ),
                (
                    "base",
                    models.CharField(
                        choices=[("mine", "My queue"), ("team", "Team"), ("unowned", "Unowned"), ("all", "All")],
                        default="team",
                        max_length=10,
                        verbose_name="begins with",
                    ),
                ),
                ("filters", models.JSONField(blank=True, default=dict, verbose_name="filters")),
                (
                    "column_field",
                    models.CharField(
                        choices=[
                            ("status", "Status"),
                            ("priority", "Priority"),
                            ("team", "Team"),
                            ("agent", "Agent"),
                            ("customer", "Customer"),
                            ("sla_status", "SLA"),
                        ],
                        default="status",
                        max_length=12,
                        verbose_name="columns by",
                    ),
                ),
                (
                    "swimlane_field",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("status", "Status"),
                            ("priority", "Priority"),
                            ("team", "Team"),
                            ("agent", "Agent"),
                            ("customer", "Customer"),
                            ("sla_status", "SLA"),
                        ],
                        max_length=12,
                        verbose_name="lanes by",
                    ),
                ),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="columns",
                    ),
                ),
                (
                    "sort_by",
                    models.CharField(
                        choices=[
                            ("priority_score", "Most urgent first"),
                            ("created_at", "Oldest first"),
                            ("due", "First due first"),
                        ],
                        default="priority_score",
                        max_length=16,
                        verbose_name="order",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="boards",
                        to="accounts.agent",
                        verbose_name="owner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="boards",
                        to="accounts.team",
                        verbose_name="team",
                    ),
                ),
            ],
            options={
                "verbose_name": "board",
                "verbose_name_plural": "boards",
                "ordering": ["position", "name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scope", "team"), ("team__isnull", False)),
                            models.Q(models.Q(("scope", "team"), _negated=True), ("team__isnull", True)),
                            _connector="OR",
                        ),
                        name="kanbanboard_team_iff_scope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("swimlane_field", models.F("column_field")), _negated=True),
                        name="kanbanboard_two_dimensions",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("scope", "personal"), _negated=True),
                        fields=("slug",),
                        name="kanbanboard_slug_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("scope", "personal")),
                        fields=("owner", "slug"),
                        name="kanbanboard_own_slug_once",
                    ),
                ],
            },
        ),
    ]
