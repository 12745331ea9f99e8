"""What the application's database role may do: read and write rows, on append-only tables add rows only (ruling 6)."""

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings
from django.db import connections, models, transaction
from psycopg import sql
from simple_history.models import HistoricalChanges

LIBRARY_OWNED = "django_migrations"


def append_only_models() -> Iterable[type[models.Model]]:
    """Models marked `append_only = True`, and every history table."""
    for model in apps.get_models(include_auto_created=True):
        if getattr(model, "append_only", False) or issubclass(model, HistoricalChanges):
            yield model


def grant_to_application(using: str = "owner") -> None:
    """Bring the application role's rights in line with the models; safe to repeat, called after each migrate.

    All or nothing: between the wide GRANT and its REVOKEs the running desk could rewrite history.
    """
    role = sql.Identifier(str(settings.DATABASES["default"]["USER"]))
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(LIBRARY_OWNED), role),
    ]
    tables = connections[using].introspection.table_names()
    for model in append_only_models():
        if model._meta.db_table not in tables:
            continue  # migrated back to before it
        table = sql.Identifier(model._meta.db_table)
        statements.append(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(table, role))
        if columns := getattr(model, "redactable_columns", ()):
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            statements.append(sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(names, table, role))
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
