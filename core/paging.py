"""Keyset paging: the next page starts behind the last row shown, so page 200 costs what page 1 costs and nothing is
counted.

The ordering must end in a unique field, and its fields must not be null (annotate with Coalesce where they can be).
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Lookup, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

M = TypeVar("M", bound=Model)
MANY_FIELDS = 3
"""From so many fields on, the first is one that many rows share, as a priority."""
TOO_MANY_FIELDS = 5
"""Orders of so many begin with what no index knows, as a name: all rows of the list are read whatever is asked."""


@dataclass(frozen=True)
class Page(Generic[M]):
    items: list[M]
    next_cursor: str | None
    previous_cursor: str | None


class InRows(Lookup):
    """`InRows(F("pk"), queryset.values("pk")[:51])`: those rows are found first, by a plan of their own.

    As `pk__in` the planner may join all tables before it limits; as an array it cannot, and plans faster.
    """

    lookup_name = "in_rows"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} = ANY(ARRAY{right})", (*left_params, *right_params)


def keyset_page(
    queryset: QuerySet[M],
    ordering: Sequence[str],
    *,
    cursor: str = "",
    size: int = 50,
    load: Callable[[Any], QuerySet[M]] | None = None,
) -> Page[M]:
    """One page of `queryset` in `ordering` (field names, `-` for descending), after or before what `cursor` names.

    `load` adds joins to the rows of the page alone, where the list itself is filtered by much and joined to nothing.
    Costs one query. Raises Invalid for a cursor that was not made here or belongs to another ordering.
    """
    backwards, values = decode_cursor(cursor, queryset, ordering) if cursor else (False, None)
    wanted = [_flip(name) for name in ordering] if backwards else list(ordering)
    ranges = [queryset] if values is None else [queryset.filter(part) for part in _ranges(wanted, values)]
    if load is None and len(ranges) == 1:
        rows = list(ranges[0].order_by(*wanted)[: size + 1])
    else:
        found = reduce(or_, [Q(InRows(F("pk"), part.order_by(*wanted).values("pk")[: size + 1])) for part in ranges])
        every = queryset.model._default_manager  # noqa: SLF001  # public by Django's documentation
        joined = load(every.filter(found)) if load else queryset.filter(found)
        rows = list(joined.order_by(*wanted)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    has_next, has_previous = (True, has_more) if backwards else (has_more, values is not None)
    return Page(
        rows,
        encode_cursor("next", rows[-1], ordering) if has_next else None,
        encode_cursor("prev", rows[0], ordering) if has_previous else None,
    )


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind `values`; the bound on the first field alone lets the index start there."""
    condition, equal = Q(), Q()
    for name, value in zip(ordering, values, strict=True):
        field, operator = (name[1:], "lt") if name.startswith("-") else (name, "gt")
        condition |= equal & Q(**{f"{field}__{operator}": value})
        equal &= Q(**{field: value})
    first, operator = (ordering[0][1:], "lte") if ordering[0].startswith("-") else (ordering[0], "gte")
    return Q(**{f"{first}__{operator}": values[0]}) & condition


def _ranges(ordering: Sequence[str], values: Sequence[Any]) -> list[Q]:
    """Rows behind `values`, in parts whose beginning an index finds.

    Many rows share the first of several fields: those that share it are one part and those beyond it the other. Of both
    at once the index would only find where the shared value begins, and page 200 would read the 199 before it again.
    Those that share it may share the second, too: nothing is promised on many equally urgent tickets.
    """
    if not MANY_FIELDS <= len(ordering) < TOO_MANY_FIELDS:
        return [_beyond(ordering, values)]
    first, operator = (ordering[0][1:], "lt") if ordering[0].startswith("-") else (ordering[0], "gt")
    alike, beyond = Q(**{first: values[0]}), Q(**{f"{first}__{operator}": values[0]})
    return [*(alike & part for part in _ranges(ordering[1:], values[1:])), beyond]


def encode_cursor(direction: str, row: Model, ordering: Sequence[str]) -> str:
    """Name of the place behind `row` (`next`) or before it (`prev`), for selectors that make their pages themselves."""
    values = [getattr(row, name.lstrip("-")) for name in ordering]
    text = json.dumps([direction, list(ordering), values], cls=ExactEncoder, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class ExactEncoder(DjangoJSONEncoder):
    """Django's encoder cuts instants to milliseconds, which would repeat or skip rows."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def decode_cursor(cursor: str, queryset: QuerySet[M], ordering: Sequence[str]) -> tuple[bool, list[Any]]:
    """Whether the cursor leads backwards, and the values of `ordering` there. Raises Invalid as `keyset_page`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, names, values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if direction not in ("next", "prev") or names != list(ordering) or len(values) != len(names):
            raise ValueError("cursor of another list")
        fields = [_output_field(queryset, name.lstrip("-")) for name in ordering]
        typed = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        if any(value is None for value in typed):
            raise ValueError("empty value")
        return direction == "prev", typed
    except (ValueError, TypeError, ValidationError, binascii.Error, RecursionError) as error:
        raise Invalid({"cursor": _("This page link is not valid; start again at the first page.")}) from error


def _output_field(queryset: QuerySet[M], name: str) -> Any:
    if name in queryset.query.annotations:
        return queryset.query.annotations[name].output_field
    return queryset.model._meta.get_field(name)
