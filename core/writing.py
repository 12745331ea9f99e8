"""Rows, written by statements that are put together once for each model and its columns; new ones with their history in
the same statement where they have one. What nobody waits for goes along with a later statement (`together`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import InsertQuery
from psycopg import RawCursor
from psycopg.pq import TransactionStatus

from core.columns import Column, column_of, columns_named, columns_of
from core.statements import copying, counting_text, insert_all_text, rows_text, update_text

AUDIT = "_audit_stamp"
"""Attribute of a new instance whose history is to be written together with it: values of `core.statements.STAMP`."""

_texts: dict[tuple[Any, ...], str] = {}


@dataclass(frozen=True, slots=True)
class Counted:
    """What the database counts for a column of a new row, in the statement that writes it."""

    column: str
    text: str
    """An INSERT or UPDATE that returns the count."""
    values: Sequence[Any]
    value: str
    """The column's value, of a row that `text` returns."""


@dataclass(slots=True)
class Statement:
    table: str
    """What it writes to, besides the history."""
    text: str
    values: Sequence[Any]
    audited: type[models.Model] | None = None
    """Whose history takes the new row too; its `values` end with those of `core.statements.STAMP`."""
    columns: str = ""
    """Of a plain INSERT, up to its first row: one more of the same columns is put to it."""
    counted: Counted | None = None
    """Of an audited one; its values come first."""
    tell: Callable[[Any], None] | None = None
    """Takes what was counted."""

    def alone(self) -> str:
        if self.audited is None:
            return self.text
        return f"WITH {self._counting}written AS ({self.text} RETURNING *) {copying(self.audited, 'written')}"

    def as_part(self, name: str) -> str:
        if self.audited is None:
            return f"{name} AS ({self.text})"
        copied = copying(self.audited, name)
        return f"{self._counting}{name} AS ({self.text} RETURNING *), {name}_history AS ({copied})"

    def told(self, name: str) -> str:
        return f'(SELECT "{self.counted.column}" FROM {name})' if self.counted else ""  # noqa: S608  # names of ours

    @property
    def _counting(self) -> str:
        return f"counted AS ({self.counted.text}), " if self.counted else ""


_waiting: ContextVar[list[Statement] | None] = ContextVar("waiting_statements", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Within the block, in a transaction, what `write_soon` is given waits for a statement that it can go with.

    That is the next one by which a `QuickWrite` is written; before any other, and at the end of the block, what waits
    is written first, so whatever reads finds it. Each saves a round trip.
    """
    if _waiting.get() is not None:
        yield
        return
    token = _waiting.set([])
    try:
        with connection.execute_wrapper(_after_what_waits):
            yield
            _write_waiting()
    finally:
        _waiting.reset(token)


def write_soon(table: str, text: str, values: Sequence[Any], *, head: str = "") -> None:
    """Run an INSERT or UPDATE that returns nothing; within `together()` with a later statement, else at once. Plain
    INSERTs of the same `head`, which is all of them up to the first row, become one.
    """
    _write_soon(Statement(table, text, values, columns=head))


def change_soon(model: type[models.Model], text: str, values: Sequence[Any], *, stamp: Sequence[Any]) -> None:
    """`write_soon` for an UPDATE of audited rows, which takes them into their history as they are after it.

    It passes by the rows' state machine, so its WHERE says in which states they may be; `version` and `updated_at` are
    its own to set.
    """
    _write_soon(Statement(model._meta.db_table, text, [*values, *stamp], model))


def _write_soon(statement: Statement) -> None:
    waiting = _waiting.get()
    if waiting is None:
        _run(statement)
        return
    for other in waiting:
        if other.table == statement.table and other.columns and other.columns == statement.columns:
            other.text += "," + statement.text.removeprefix(statement.columns)
            other.values = [*other.values, *statement.values]
            return
    if any(statement.table == other.table for other in waiting):
        _write_waiting()
    waiting.append(statement)


def insert_soon(row: "QuickWrite", *, stamp: Sequence[Any] = (), counted: Counted | None = None) -> None:
    """`write_soon` for a new row whose key, if the database gives it, nobody asks for, with its history if there is a
    `stamp`; no signals are sent, and its `save()` is not called. What is `counted` for it, which needs a `stamp`, the
    row has once it is written.
    """
    given = _given(row, columns_of(type(row)))
    text = _text(row, [column.field for column, _value in given], (), DEFAULT_DB_ALIAS, is_audited=False)
    database = connections[DEFAULT_DB_ALIAS]
    values = [column.prepared(value, database) for column, value in given]
    columns = "" if stamp else text.partition(" VALUES ")[0] + " VALUES "
    statement = Statement(row._meta.db_table, text, [*values, *stamp], type(row) if stamp else None, columns)
    if counted is not None:
        place = [column.attname for column, _value in given].index(counted.column)
        del values[place]
        statement.text = counting_text(text, place, counted.value)
        statement.values = [*counted.values, *values, *stamp]
        statement.counted, statement.tell = counted, partial(setattr, row, counted.column)
    _write_soon(statement)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_rows_soon(model: type[models.Model], names: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
    """`write_soon` for new rows of which these fields are given, as values, and no instance is wanted: what is not
    named is left to the database.
    """
    if not rows:
        return
    columns, database = columns_named(model, names), connections[DEFAULT_DB_ALIAS]
    head, places = rows_text(model, names)
    values = [column.prepared(value, database) for row in rows for column, value in zip(columns, row, strict=True)]
    text = head + ",".join([places] * len(rows))
    _write_soon(Statement(model._meta.db_table, text, values, columns=head))


def update(row: "QuickWrite", names: Sequence[str]) -> None:
    """Write these columns of a row; no signals are sent, no history is written, and its `save()` is not called.

    Its values are no expressions. Raises DatabaseError if there is no such row.
    """
    meta: Any = row._meta
    columns, database = columns_named(type(row), tuple(names)), connections[DEFAULT_DB_ALIAS]
    values = [column.prepared(column.value_of(row, is_new=False), database) for column in columns]
    text = update_text(type(row), tuple(column.field.column for column in columns))
    with _cursor(DEFAULT_DB_ALIAS) as cursor:
        _execute(cursor, meta.db_table, text, [*values, row.pk])
        if cursor.rowcount != 1:
            raise DatabaseError(f"{row!r} has no row")


def _after_what_waits(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    _write_waiting()
    return execute(sql, params, many, context)


def _write_waiting() -> None:
    if waiting := _waiting.get():
        if connection.needs_rollback or _has_failed():
            waiting.clear()  # it goes with the rest, to the last savepoint; what came before that one is written
            return
        _run(waiting.pop())


def write_waiting() -> None:
    """Write what waits now, for whoever needs what is counted for it."""
    _write_waiting()


def _run(statement: Statement) -> None:
    """Alone, but with what else waits."""
    with _cursor(DEFAULT_DB_ALIAS) as cursor:
        if statement.tell is None:
            _execute(cursor, statement.table, statement.alone(), statement.values)
            return
        text = f"{statement.alone()} RETURNING {statement.told('written')}"
        row = _execute(cursor, statement.table, text, statement.values, returns=True)
        if row is not None:
            statement.tell(row[0])


def _has_failed() -> bool:
    return bool(connection.connection.info.transaction_status == TransactionStatus.INERROR)


def _execute(
    cursor: CursorWrapper, table: str, text: str, values: Sequence[Any], *, returns: bool = False
) -> tuple[Any, ...] | None:
    """Run a statement that writes to `table`, and what waits with it; the answer is its first row if it `returns` one.

    Parts of one statement do not see each other's rows, so only one of them writes to a table.
    """
    waiting = _waiting.get()
    if waiting and any(table == other.table for other in waiting):
        _write_waiting()
    telling: list[tuple[str, Callable[[Any], None]]] = []
    if waiting:
        parts = [(f"soon{number}", statement) for number, statement in enumerate(waiting)]
        before = ", ".join(statement.as_part(name) for name, statement in parts)
        values = [value for statement in waiting for value in statement.values] + list(values)
        text = f"WITH {before}, {text.removeprefix('WITH ')}" if text.startswith("WITH ") else f"WITH {before} {text}"
        telling = [(statement.told(name), statement.tell) for name, statement in parts if statement.tell]
        waiting.clear()
    if telling:
        text += f"{',' if returns else ' RETURNING'} {', '.join(told for told, _tell in telling)}"
    cursor.execute(text, values)
    row: tuple[Any, ...] | None = cursor.fetchone() if returns or telling else None
    if row is None or not telling:
        return row
    for (_told, tell), value in zip(telling, row[-len(telling) :], strict=True):
        tell(value)
    return row[: -len(telling)]


class _Numbered(RawCursor[Any]):
    """Takes `%s` as ever and hands on `$1`: the driver takes texts of many values apart anew each time, these not."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(_numbered(query), params, **options)


@lru_cache(maxsize=512)
def _numbered(text: str) -> bytes:
    number = count(1)
    return re.sub(r"%[s%]", lambda found: f"${next(number)}" if found[0] == "%s" else "%", text).encode()


def _cursor(using: str) -> CursorWrapper:
    """As `connection.cursor()`, for the kept texts of this module."""
    database: Any = connections[using]  # its stubs leave out how `cursor()` makes one
    database.close_if_health_check_failed()
    database.ensure_connection()
    cursor: CursorWrapper = database._prepare_cursor(_Numbered(database.connection))  # noqa: SLF001
    return cursor


def _given(row: models.Model, columns: Sequence[Column], *, raw: bool = False) -> list[tuple[Column, Any]]:
    """Columns with their values for an INSERT; without those that the database fills in, be it with nothing."""
    given = [(column, getattr(row, column.attname) if raw else column.value_of(row, is_new=True)) for column in columns]
    return [
        (column, value)
        for column, value in given
        if (value is not None or column.has_default) and not isinstance(value, DatabaseDefault)
    ]


class QuickWrite(models.Model):
    """Keeps the text of the statements that write a row; values, signals and `save()` are as ever.

    What the database fills in by default is left to it. Values that are expressions go Django's way.
    """

    class Meta:
        abstract = True

    def _do_insert(
        self, manager: Any, using: str, fields: Sequence[Any], returning_fields: Sequence[Any], raw: bool
    ) -> list[tuple[Any, ...]]:
        """Django's step from an instance to its INSERT; gives the values of `returning_fields`."""
        given = _given(self, [column_of(field) for field in fields], raw=raw)
        stamp: Sequence[Any] = vars(self).get(AUDIT, ())
        if not stamp and any(hasattr(value, "resolve_expression") for _column, value in given):
            rows: list[tuple[Any, ...]] = super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]
            return rows
        connection = connections[using]
        written = [column.field for column, _value in given]
        with _cursor(using) as cursor:
            row = _execute(
                cursor,
                self._meta.db_table,
                _text(self, written, returning_fields, using, is_audited=bool(stamp)),
                [*(column.prepared(value, connection) for column, value in given), *stamp],
                returns=bool(returning_fields),
            )
            return [row] if row else []

    def _do_update(  # type: ignore[override]  # stubs of Django 6
        self, base_qs: Any, using: str, pk_val: Any, values: Any, update_fields: Any, forced_update: bool
    ) -> bool:
        """Django's step from an instance to its UPDATE; whether there was a row."""
        meta: Any = self._meta
        is_plain = values and not any(hasattr(value, "resolve_expression") for _field, _model, value in values)
        if not is_plain or meta.select_on_save:
            djangos_way: Any = super()._do_update
            return bool(djangos_way(base_qs, using, pk_val, values, update_fields, forced_update))
        connection = connections[using]
        fields = [field for field, _model, _value in values]
        with _cursor(using) as cursor:
            _execute(
                cursor,
                meta.db_table,
                update_text(type(self), tuple(field.column for field in fields)),
                [*(field.get_db_prep_save(value, connection) for field, _model, value in values), pk_val],
            )
            return bool(cursor.rowcount)


def _text(
    instance: models.Model, fields: Sequence[Any], returning_fields: Sequence[Any], using: str, *, is_audited: bool
) -> str:
    key = (type(instance), is_audited, bool(returning_fields), *(field.attname for field in fields))
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


def insert_all(rows: Sequence[models.Model], *, stamp: Sequence[Any] = (), unless_there: bool = False) -> set[Any]:
    """Write new rows of one model in one statement, with their history if there is a `stamp`; no signals are sent.

    Gives the keys of those written: with `unless_there` a row stays out where a unique constraint has one already.
    """
    if not rows:
        return set()
    model, database = type(rows[0]), connections[DEFAULT_DB_ALIAS]
    columns, filled, values = columns_of(model), [], []
    for row in rows:
        for column in columns:
            value = column.value_of(row, is_new=True)
            filled.append(isinstance(value, DatabaseDefault))
            if not filled[-1]:
                values.append(column.prepared(value, database))
        row._state.adding = False
    text = insert_all_text(model, len(rows), tuple(filled), is_audited=bool(stamp), unless_there=unless_there)
    with _cursor(DEFAULT_DB_ALIAS) as cursor:
        cursor.execute(text, [*values, *stamp])
        return {key for (key,) in cursor}
