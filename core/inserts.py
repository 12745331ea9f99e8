"""New rows, written by INSERT statements that are put together once for each model."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import InsertQuery

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
        if any(hasattr(value, "resolve_expression") for _field, value in given):
            rows: list[tuple[Any, ...]] = super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]
            return rows
        connection = connections[using]
        with connection.cursor() as cursor:
            cursor.execute(
                _text(self, [field for field, _value in given], returning_fields, using),
                [field.get_db_prep_save(value, connection) for field, value in given],
            )
            return [cursor.fetchone()] if returning_fields else []


def _text(instance: models.Model, fields: Sequence[Any], returning_fields: Sequence[Any], using: str) -> str:
    key = (type(instance), *(field.attname for field in fields))
    if key not in _texts:
        query = InsertQuery(type(instance))
        query.insert_values(fields, [instance], raw=True)
        compiler: Any = query.get_compiler(using=using)
        compiler.returning_fields = returning_fields
        ((text, _params),) = compiler.as_sql()
        _texts[key] = text
    return _texts[key]
