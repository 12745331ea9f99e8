"""New rows, written by INSERT statements that are put together once for each model, with their history in the same
statement where they have one.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import InsertQuery

STAMP = ("actor_name", "history_user_id", "history_change_reason", "history_type", "history_date")
"""Columns of a history row beside those of the row itself."""
AUDIT = "_audit_stamp"
"""Attribute of a new instance whose history is to be written together with it: values of `STAMP`."""

_texts: dict[tuple[Any, ...], str] = {}


class QuickInsert(models.Model):
    """Keeps the text of the statement that writes a new row; values, signals and `save()` are as ever.

    What the database fills in by default is left to it. Values that are expressions go Django's way.
    """

    class Meta:
        abstract = True

    def _do_insert(
        self, manager: Any, using: str, fields: Sequence[Any], returning_fields: Sequence[Any], raw: bool
    ) -> list[tuple[Any, ...]]:
        """Django's step from an instance to its INSERT; gives the values of `returning_fields`."""
        given = [(field, getattr(self, field.attname) if raw else field.pre_save(self, True)) for field in fields]
        given = [(field, value) for field, value in given if not isinstance(value, DatabaseDefault)]
        stamp: Sequence[Any] = vars(self).get(AUDIT, ())
        if not stamp and any(hasattr(value, "resolve_expression") for _field, value in given):
            rows: list[tuple[Any, ...]] = super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]
            return rows
        connection = connections[using]
        with connection.cursor() as cursor:
            cursor.execute(
                _text(self, [field for field, _value in given], returning_fields, using, is_audited=bool(stamp)),
                [*(field.get_db_prep_save(value, connection) for field, value in given), *stamp],
            )
            return [cursor.fetchone()] if returning_fields else []


def _text(
    instance: models.Model, fields: Sequence[Any], returning_fields: Sequence[Any], using: str, *, is_audited: bool
) -> str:
    key = (type(instance), is_audited, *(field.attname for field in fields))
    if key not in _texts:
        query = InsertQuery(type(instance))
        query.insert_values(fields, [instance], raw=True)
        compiler: Any = query.get_compiler(using=using)
        compiler.returning_fields = returning_fields
        ((text, _params),) = compiler.as_sql()
        if is_audited:
            text = f"WITH written AS ({text} RETURNING *) {copying(type(instance), 'written')}"
        _texts[key] = text
    return _texts[key]


@lru_cache(maxsize=256)
def copying(model: type[models.Model], source: str) -> str:
    """Statement that copies what `source` has of `model` into its history; values of `STAMP` are its parameters."""
    history: Any = model.history.model  # type: ignore[attr-defined]  # of audited models
    columns = ", ".join(f'"{field.column}"' for field in history.tracked_fields)
    return (
        f'INSERT INTO "{history._meta.db_table}" ({", ".join(STAMP)}, {columns}) '  # noqa: S608  # names of ours
        f"SELECT %s, %s, %s, %s, %s, {columns} FROM {source}"
    )


def insert_all(rows: Sequence[models.Model], *, stamp: Sequence[Any] = (), unless_there: bool = False) -> set[Any]:
    """Write new rows of one model in one statement, with their history if there is a `stamp`; no signals are sent.

    Gives the keys of those written: with `unless_there` a row stays out where a unique constraint has one already.
    """
    if not rows:
        return set()
    meta: Any = rows[0]._meta
    connection = connections[DEFAULT_DB_ALIAS]
    places, values = [], []
    for row in rows:
        given = [field.pre_save(row, True) for field in meta.concrete_fields]
        marks = ["DEFAULT" if isinstance(value, DatabaseDefault) else "%s" for value in given]
        places.append(f"({', '.join(marks)})")
        for field, value in zip(meta.concrete_fields, given, strict=True):
            if not isinstance(value, DatabaseDefault):
                values.append(field.get_db_prep_save(value, connection))
        row._state.adding = False
    columns = ", ".join(f'"{field.column}"' for field in meta.concrete_fields)
    text = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES {", ".join(places)}'  # noqa: S608  # names of ours
    text += " ON CONFLICT DO NOTHING" if unless_there else ""
    key = f'"{meta.pk.column}"'
    if stamp:
        copied = copying(type(rows[0]), "written")
        text = f"WITH written AS ({text} RETURNING *), copied AS ({copied}) SELECT {key} FROM written"  # noqa: S608
    else:
        text += f" RETURNING {key}"
    with connection.cursor() as cursor:
        cursor.execute(text, [*values, *stamp])
        return {key for (key,) in cursor}
