"""Many rows of one model changed by one statement, whose text is the same however many they are."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.utils import timezone

from core.actors import Actor
from core.columns import columns_named
from core.history import stamp_of
from core.models import BaseModel
from core.writing import change_soon, write_soon


def update_all_soon(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write these columns of rows that are there and locked, within `core.writing.together` along with a later
    statement; no history is written, no signals are sent. Values are no expressions.
    """
    if rows:
        text, values = _statement(rows, names)
        write_soon(rows[0]._meta.db_table, text, values)


def record_all_soon(rows: Sequence[BaseModel], *, by: Actor, names: Sequence[str]) -> None:
    """As `update_all_soon` for audited rows that a transition has just changed, with their history; each counts its
    version up, as when it is saved.
    """
    if not rows:
        return
    now = timezone.now()
    for row in rows:
        row.version, row.updated_at = row.version + 1, now
    text, values = _statement(rows, [*names, "version", "updated_at"])
    change_soon(type(rows[0]), text, values, stamp=stamp_of(by, is_new=False))


def _statement(rows: Sequence[models.Model], names: Sequence[str]) -> tuple[str, list[Any]]:
    model, database = type(rows[0]), connections[DEFAULT_DB_ALIAS]
    columns = columns_named(model, tuple(names))
    values = [[column.prepared(getattr(row, column.attname), database) for row in rows] for column in columns]
    return _text(model, tuple(names)), [[row.pk for row in rows], *values]


@lru_cache(maxsize=64)
def _text(model: type[models.Model], names: tuple[str, ...]) -> str:
    meta: Any = model._meta
    fields = [column.field for column in columns_named(model, names)]
    places = ", ".join(f"%s::{_type_of(field)}[]" for field in (meta.pk, *fields))
    given = ", ".join(f"v_{number}" for number in range(len(fields) + 1))  # unlike the columns, which RETURNING names
    changes = ", ".join(f'"{field.column}" = v.v_{number}' for number, field in enumerate(fields, start=1))
    return (
        f'UPDATE "{meta.db_table}" SET {changes} FROM unnest({places}) AS v ({given})'  # noqa: S608  # names of ours
        f' WHERE "{meta.db_table}"."{meta.pk.column}" = v.v_0'
    )


def _type_of(field: Any) -> str:
    """Without the length, by which a cast would cut off silently."""
    return re.sub(r"\(.*?\)", "", str(field.db_type(connections[DEFAULT_DB_ALIAS])))
