"""What is known of a model's columns, once: Django finds out anew how each value of each row gets to the database."""

from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models

_GIVEN_AS_THEY_ARE: tuple[tuple[Any, type], ...] = (
    (models.CharField, str),
    (models.TextField, str),
    (models.BooleanField, bool),
    (models.UUIDField, UUID),
)
"""Fields that hand a value of this type on to the driver as it is."""


class Column(NamedTuple):
    """A field, and how its values get to the database."""

    field: Any
    attname: str
    has_default: bool
    is_filled_on_saving: bool
    """By a `pre_save` of its own, or a moment that it sets."""
    as_they_are: frozenset[type]
    is_moment: bool

    def value_of(self, row: models.Model, *, is_new: bool) -> Any:
        return self.field.pre_save(row, is_new) if self.is_filled_on_saving else getattr(row, self.attname)

    def prepared(self, value: Any, database: Any) -> Any:
        kind = type(value)
        if kind in self.as_they_are or (self.is_moment and kind is datetime and value.tzinfo is not None):
            return value
        return self.field.get_db_prep_save(value, database)


@lru_cache(maxsize=256)
def columns_of(model: type[models.Model]) -> tuple[Column, ...]:
    meta: Any = model._meta
    return tuple(map(column_of, meta.concrete_fields))


@lru_cache(maxsize=256)
def columns_named(model: type[models.Model], names: tuple[str, ...]) -> tuple[Column, ...]:
    meta: Any = model._meta
    return tuple(column_of(meta.get_field(name)) for name in names)


@lru_cache(maxsize=4096)
def column_of(field: Any) -> Column:
    is_moment = _prepares_as(field, models.DateTimeField)
    plain = [kind for base, kind in _GIVEN_AS_THEY_ARE if _prepares_as(field, base)]
    if isinstance(field, models.ForeignKey) and _prepares_as(field.target_field, models.UUIDField):
        plain = [UUID]
    return Column(
        field,
        field.attname,
        field.has_db_default(),
        type(field).pre_save is not models.Field.pre_save
        and (not is_moment or field.auto_now or field.auto_now_add or type(field) is not models.DateTimeField),
        frozenset([*plain, NoneType] if plain or is_moment else ()),
        is_moment,
    )


def _prepares_as(field: Any, base: Any) -> bool:
    """Whether it is of that kind, and hands values on as that kind does."""
    names = ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
    return isinstance(field, base) and all(getattr(type(field), name) is getattr(base, name) for name in names)
