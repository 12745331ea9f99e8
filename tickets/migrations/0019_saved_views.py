import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import core.models


class Migration(migrations.Migration):
    """Lists that somebody has named, with their history."""

    dependencies = [
        ("accounts", "0006_list_settings"),
        ("tickets", "0018_draft_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalSavedView",
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
                        default="all",
                        max_length=10,
                        verbose_name="begins with",
                    ),
                ),
                ("filters", models.JSONField(blank=True, default=dict, verbose_name="filters")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="columns",
                    ),
                ),
                ("sort", models.CharField(blank=True, max_length=20, verbose_name="order")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("history_change_reason", models.CharField(max_length=500, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
            ],
            options={
                "verbose_name": "historical saved view",
                "verbose_name_plural": "historical saved views",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="SavedView",
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
                        default="all",
                        max_length=10,
                        verbose_name="begins with",
                    ),
                ),
                ("filters", models.JSONField(blank=True, default=dict, verbose_name="filters")),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="columns",
                    ),
                ),
                ("sort", models.CharField(blank=True, max_length=20, verbose_name="order")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "ordering": ["position", "name"],
            },
        ),
        migrations.AddField(
            model_name="historicalsavedview",
            name="history_user",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalsavedview",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.agent",
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="historicalsavedview",
            name="team",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.team",
                verbose_name="team",
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="saved_views",
                to="accounts.agent",
                verbose_name="owner",
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="team",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="saved_views",
                to="accounts.team",
                verbose_name="team",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scope", "team"), ("team__isnull", False)),
                    models.Q(models.Q(("scope", "team"), _negated=True), ("team__isnull", True)),
                    _connector="OR",
                ),
                name="savedview_team_iff_scope",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope", "personal"), _negated=True), fields=("slug",), name="savedview_slug_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("scope", "personal")), fields=("owner", "slug"), name="savedview_own_slug_once"
            ),
        ),
    ]
