"""Texts of the statements that write rows, put together once for each model and its columns."""

from functools import lru_cache
from typing import Any

from django.db import models

from core.columns import columns_named

STAMP = ("actor_name", "history_user_id", "history_change_reason", "history_type", "history_date")
"""Columns of a history row beside those of the row itself."""


@lru_cache(maxsize=64)
def rows_text(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, str]:
    """An INSERT up to its first row, and the places of a row."""
    columns = columns_named(model, names)
    named = ", ".join(f'"{column.field.column}"' for column in columns)
    head = f'INSERT INTO "{model._meta.db_table}" ({named}) VALUES '  # noqa: S608  # names of ours
    return head, f"({', '.join(['%s'] * len(columns))})"


@lru_cache(maxsize=64)
def counting_text(text: str, place: int, value: str) -> str:
    """An INSERT that takes the column at this place from what is counted."""
    head, _values, places = text.partition(" VALUES (")
    parts = places.removesuffix(")").split(", ")
    parts[place] = f"(SELECT {value} FROM counted)"  # noqa: S608  # names of ours
    return f"{head} VALUES ({', '.join(parts)})"


@lru_cache(maxsize=512)
def update_text(model: type[models.Model], columns: tuple[str, ...]) -> str:
    meta: Any = model._meta
    places = ", ".join(f'"{column}" = %s' for column in columns)
    return f'UPDATE "{meta.db_table}" SET {places} WHERE "{meta.pk.column}" = %s'  # noqa: S608  # names of ours


@lru_cache(maxsize=128)
def insert_all_text(
    model: type[models.Model], count: int, filled: tuple[bool, ...], *, is_audited: bool, unless_there: bool
) -> str:
    """`filled`: by the database, for each column of each row."""
    meta: Any = model._meta
    width = len(meta.concrete_fields)
    marks = ["DEFAULT" if by_database else "%s" for by_database in filled]
    places = ", ".join(f"({', '.join(marks[row * width : (row + 1) * width])})" for row in range(count))
    columns = ", ".join(f'"{field.column}"' for field in meta.concrete_fields)
    text = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES {places}'  # noqa: S608  # names of ours
    text += " ON CONFLICT DO NOTHING" if unless_there else ""
    key = f'"{meta.pk.column}"'
    if is_audited:
        copied = copying(model, "written")
        return f"WITH written AS ({text} RETURNING *), copied AS ({copied}) SELECT {key} FROM written"  # noqa: S608
    return f"{text} RETURNING {key}"


@lru_cache(maxsize=256)
def copying(model: type[models.Model], source: str) -> str:
    """Statement that copies what `source` has of `model` into its history; values of `STAMP` are its parameters."""
    history: Any = model.history.model  # type: ignore[attr-defined]  # of audited models
    columns = ", ".join(f'"{field.column}"' for field in history.tracked_fields)
    return (
        f'INSERT INTO "{history._meta.db_table}" ({", ".join(STAMP)}, {columns}) '  # noqa: S608  # names of ours
        f"SELECT %s, %s, %s, %s, %s, {columns} FROM {source}"
    )
