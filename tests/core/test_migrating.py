"""A new database after its migrations: as the models say, though not every model was made anew on the way."""

from collections import Counter
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import connections, transaction

SCHEMA = "as_the_models_say"
DEFINITIONS = """
    SELECT cls.relname, att.attname, format_type(att.atttypid, att.atttypmod), att.attnotnull::text,
           coalesce(pg_get_expr(def.adbin, def.adrelid), '')
    FROM pg_attribute att JOIN pg_class cls ON cls.oid = att.attrelid AND cls.relkind = 'r'
    LEFT JOIN pg_attrdef def ON def.adrelid = cls.oid AND def.adnum = att.attnum
    WHERE cls.relnamespace = %(schema)s::regnamespace AND att.attnum > 0 AND NOT att.attisdropped
    UNION ALL
    SELECT cls.relname, con.contype::text, pg_get_constraintdef(con.oid), con.condeferrable::text, ''
    FROM pg_constraint con JOIN pg_class cls ON cls.oid = con.conrelid
    WHERE cls.relnamespace = %(schema)s::regnamespace AND con.contype <> 'n'
    UNION ALL
    SELECT cls.relname, 'index', regexp_replace(pg_get_indexdef(ind.indexrelid), 'INDEX \\S+ ON \\S+', 'INDEX'), '', ''
    FROM pg_index ind JOIN pg_class cls ON cls.oid = ind.indrelid
    WHERE cls.relnamespace = %(schema)s::regnamespace
"""


@pytest.mark.django_db(databases=["default", "owner"])
def test_migrations_make_the_tables_that_the_models_describe() -> None:
    owner = connections["owner"]
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    with transaction.atomic("owner"), owner.cursor() as cursor:
        migrated = _definitions(cursor, "public")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        cursor.execute(f"SET LOCAL search_path TO {SCHEMA}, public")
        with owner.schema_editor(atomic=False) as editor:
            for model in models:
                editor.create_model(model)
        described = _definitions(cursor, SCHEMA)
        transaction.set_rollback(True, "owner")
    differing = {row[:2] for row in (described - migrated) + (migrated - described) if row[0] != "django_migrations"}
    assert differing == {
        ("tickets_timelineentry", "seq"),  # an identity instead of a sequence: tickets/0002
        ("auth_group_permissions", "id"),  # of Django's own migrations, which know no default of their app
    }


@pytest.mark.django_db(databases=["default", "owner"])
def test_migrations_install_the_triggers_of_the_models() -> None:
    found = {
        f"{model.__name__}:{row.name}": row.get_installation_status(model, database="owner")[0]
        for model, row in pgtrigger.registered()
    }
    assert found
    assert {name: status for name, status in found.items() if status != "INSTALLED"} == {}


def _definitions(cursor: Any, schema: str) -> Counter[tuple[str, ...]]:
    cursor.execute(DEFINITIONS, {"schema": schema})
    return Counter(
        tuple(part.replace(f"{SCHEMA}.", "").replace("public.", "") for part in row) for row in cursor.fetchall()
    )
