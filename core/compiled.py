"""Queries, and parts of queries, that are put into SQL once.

Django builds the SQL of a queryset anew each time it runs, which for a row with its people costs more than PostgreSQL
takes to find it. A read that every request or every mail repeats is built once here, with slots in place of its values.
"""

import re
from collections.abc import Callable, Collection, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, Func, Model, QuerySet
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)


class SlottedSql:
    """SQL whose parameters equal to one of `slots` are places for values; the others stay as they are.

    Each slot is unlike everything else in the query. One without a place is a mistake, unless `may_lack` names it.
    Raises ImproperlyConfigured for it.
    """

    def __init__(
        self, sql: str, params: Sequence[Any], slots: Sequence[Any], *, may_lack: Collection[Any] = ()
    ) -> None:
        self.sql = sql
        self._params = [(slots.index(param) if param in slots else None, param) for param in params]
        if any(slot not in params and slot not in may_lack for slot in slots):
            raise ImproperlyConfigured(f"a slot has no place in {sql}")

    def params(self, values: Sequence[Any]) -> list[Any]:
        """Parameters with `values`, in the order of the slots, in their places."""
        return [fixed if slot is None else values[slot] for slot, fixed in self._params]


class Compiled(Generic[M]):
    """A queryset of model instances, built by `build` when it is first asked for.

    `build` gets `slots`: values of the right types, to be told by when the given ones take their places. Nothing else
    in the query may differ from call to call (a moment, a language). Joins, `only()` and annotations work as ever;
    `prefetch_related()` does not (ImproperlyConfigured), and nothing is kept but the text. `rewritten` may put other
    parts before the text, with parameters of their own.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[M]],
        *slots: Any,
        may_lack: Collection[Any] = (),
        rewritten: Callable[[str], str] = str,
    ) -> None:
        self._build, self._slots, self._may_lack, self._rewritten = build, slots, may_lack, rewritten

    def fetch(self, *values: Any, before: Sequence[Any] = ()) -> list[M]:
        """The rows for `values`, in the order of the slots, as the database's driver takes them; one statement.
        `before` are the parameters of what `rewritten` has put there.
        """
        if len(values) != len(self._slots):
            raise TypeError(f"{len(values)} values for {len(self._slots)} slots")
        plan = self._plan
        if plan is None:
            return []
        compiler = copy(plan.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]  # that of this thread
        with compiler.connection.cursor() as cursor:
            cursor.execute(plan.text.sql, [*before, *plan.text.params(values)])
            rows: Any = cursor.fetchall()
        if plan.converters:
            rows = compiler.apply_converters(rows, plan.converters)
        return [plan.instance(row) for row in rows]

    def first(self, *values: Any) -> M | None:
        return next(iter(self.fetch(*values)), None)

    @cached_property
    def _plan(self) -> "_Plan | None":
        """None where the conditions exclude every row."""
        rows: Any = self._build(*self._slots)
        if rows._prefetch_related_lookups:  # noqa: SLF001  # Django has no public way to ask
            raise ImproperlyConfigured(
                "prefetch_related() asks more than one statement; call prefetch_related_objects()"
            )
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        return _Plan(compiler, SlottedSql(self._rewritten(sql), params, self._slots, may_lack=self._may_lack))


class _Plan:
    """What Django's `ModelIterable` works out each time before it reads the first row, kept."""

    def __init__(self, compiler: Any, text: SlottedSql) -> None:
        self.compiler = copy(compiler)
        self.text = text
        select, info = self.compiler.select, self.compiler.klass_info
        self.converters = self.compiler.get_converters([column[0] for column in select])
        self._model = info["model"]
        self._columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self._names = [column[0].target.attname for column in select[self._columns]]
        self._populators = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # stubs of Django 6
        self._annotations = tuple((self.compiler.annotation_col_map or {}).items())
        self.compiler.connection = None  # that of the thread which asked first; others come, and it ends

    def instance(self, row: Sequence[Any]) -> Any:
        found = self._model.from_db(DEFAULT_DB_ALIAS, self._names, row[self._columns])
        for populator in self._populators:
            populator.populate(row, found)
        for name, column in self._annotations:
            setattr(found, name, row[column])
        return found


class KeptExpression(Func):
    """What is said of a row, as SQL that `text_of` has put together once; `values` take the places of its slots.

    Stands in any query on the model that `text_of` was asked of, under whichever alias its rows go there.
    """

    arity = 1

    def __init__(self, text: SlottedSql, values: Sequence[Any], output_field: "Field[Any, Any]") -> None:
        super().__init__("pk", output_field=output_field)
        self._text, self._values = text, values

    def as_sql(self, compiler: Any, connection: Any, **_more: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        (row,) = self.get_source_expressions()
        alias = compiler.quote_name_unless_alias(row.alias)
        return self._text.sql.replace(_ROW, alias), self._text.params(self._values)


_ROW = "{row}"
_ALIAS = re.compile(r"\b([T-Z]\d+)\b")


def text_of(rows: QuerySet[Any], expression: Expression, slots: Sequence[Any]) -> SlottedSql:
    """The text of `expression` as annotated to `rows`, for `KeptExpression`. Joins nothing to them.

    Aliases of tables inside get names that Django gives none, since the query around it counts its own.
    """
    compiler = rows.annotate(kept=expression).query.get_compiler(DEFAULT_DB_ALIAS)
    sql, params = compiler.compile(compiler.query.annotations["kept"])
    table = compiler.connection.ops.quote_name(rows.model._meta.db_table)
    return SlottedSql(_ALIAS.sub(r"kept_\1", sql).replace(f"{table}.", f"{_ROW}."), params, slots)
