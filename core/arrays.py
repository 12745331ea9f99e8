"""Conditions on many values, each list of them one parameter: a statement takes no more than 65,535 parameters."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, CharField, Func, QuerySet, UUIDField, Value
from django.db.models.expressions import Combinable


def any_of(column: str | Combinable, values: Collection[str], *, lowered: bool = False) -> Func:
    """Whether `column` is one of `values`, or of their small letters as PostgreSQL writes them; an index serves."""
    wanted = _array(values)
    if lowered:
        wanted = Func(wanted, template="ARRAY(SELECT lower(v) FROM unnest(%(expressions)s) AS v)")
    return _condition(" = ", _field(column), Func(wanted, function="ANY"))


def any_id(column: str, ids: Collection[UUID]) -> Func:
    """As `any_of`, for ids."""
    wanted = Func(Value(list(ids), output_field=ArrayField(UUIDField())), template="%(expressions)s::uuid[]")
    return _condition(" = ", _field(column), Func(wanted, function="ANY"))


def any_found(column: str, found: QuerySet[Any, Any]) -> Func:
    """Whether `column` is among the values that `found` gives, asked once for the whole statement.

    Unlike IN with a subquery, an index on the column serves, also beside other conditions joined to it by OR.
    """
    return _condition(" = ", _field(column), Func(ArraySubquery(found), function="ANY"))


def overlap(column: str, values: Collection[str]) -> Func:
    """Whether one of `values` is in the array `column`; a GIN index on it serves."""
    return _condition(" && ", _field(column), _array(values))


def pair_of(columns: Sequence[str], pairs: Collection[tuple[str, str]]) -> Func:
    """Whether the two `columns` are one of `pairs`; an index that begins with both serves.

    Joined by OR to another condition it is asked of every row: unite two querysets instead.
    """
    halves = [_array([pair[half] for pair in pairs]) for half in (0, 1)]
    wanted = Func(*halves, function="unnest", template="(SELECT * FROM %(function)s(%(expressions)s))")
    return _condition(" IN ", Func(*map(_field, columns), function="ROW"), wanted)


def _field(column: str | Combinable) -> Func:
    return Func(column, template="%(expressions)s")


def _array(values: Collection[str]) -> Func:
    """With its type, which an empty one does not tell."""
    return Func(Value(list(values), output_field=ArrayField(CharField())), template="%(expressions)s::varchar[]")


def _condition(operator: str, *sides: Func) -> Func:
    return Func(*sides, template="%(expressions)s", arg_joiner=operator, output_field=BooleanField())
