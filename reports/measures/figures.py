"""A figure: what it says, how it is made up, and the rows behind it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Aggregate, Avg, Count, DurationField, IntegerField, Q, Sum

from reports.enums import Part, Unit
from reports.measures.asked import Rows

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Group:
    """Of whom or what a figure is one among several."""

    kind: str
    """agent, team, reason …"""
    key: str
    name: str
    is_aside: bool = False
    """Told apart from the others, such as absent agents."""
    has_left: bool = False
    """Somebody who works here no more."""


@dataclass(frozen=True)
class Spread:
    """Durations in seconds; percentiles by nearest rank. None where there is none."""

    p50: int | None
    p90: int | None
    mean: int | None


@dataclass(frozen=True, kw_only=True)
class Figure:
    code: str
    """As metrics.md names it, with a word where it has several, such as M5_business."""
    unit: Unit
    value: Decimal | int | None
    """None: there is nothing to take it of. Percent with one decimal, half up; of durations the median in seconds."""
    numerator: int
    """Of durations the sum of seconds."""
    denominator: int
    counted: Rows
    base: Rows
    spread: Spread | None = None
    provisional: int = 0
    """Rows that may still change the figure of this period."""
    group: Group | None = None

    @property
    def key(self) -> str:
        return f"{self.code}:{self.group.kind}:{self.group.key}" if self.group else self.code

    def rows(self, part: Part) -> Rows:
        return self.counted if part == Part.COUNTED else self.base

    def ids(self, part: Part) -> set[UUID]:
        return set(self.rows(part).order_by().values_list("pk", flat=True))


class NearestRank(Aggregate):
    """The value at the rank ceil(fraction x n), as PostgreSQL's discrete percentile."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, fraction: Decimal, **extra: Any) -> None:
        super().__init__(expression, fraction=fraction, **extra)


P50, P90 = Decimal("0.5"), Decimal("0.9")


def percent(numerator: int, denominator: int, *, of: int = 100) -> Decimal | None:
    """One decimal, half up; None of nothing."""
    if not denominator:
        return None
    return (Decimal(of * numerator) / denominator).quantize(TENTH, ROUND_HALF_UP)


def share(code: str, base: Rows, condition: Any, *, provisional: Q | None = None) -> Figure:
    """The rows of `base` for which `condition` holds. One query."""
    return shares(base, {code: condition}, provisional=provisional)[0]


def shares(base: Rows, conditions: Mapping[str, Any], *, provisional: Q | None = None) -> list[Figure]:
    """By code, each the rows of `base` for which its condition holds. One query for all of them."""
    found = base.order_by().aggregate(
        of=Count("pk"),
        **_open(provisional),
        **{f"n{number}": Count("pk", filter=condition) for number, condition in enumerate(conditions.values())},
    )
    return [
        ratio(
            code,
            base.filter(condition),
            base,
            numerator=found[f"n{number}"],
            denominator=found["of"],
            provisional=found.get("open", 0),
        )
        for number, (code, condition) in enumerate(conditions.items())
    ]


def _open(provisional: Q | None) -> dict[str, Count]:
    return {} if provisional is None else {"open": Count("pk", filter=provisional)}


def ratio(
    code: str,
    counted: Rows,
    base: Rows,
    *,
    numerator: int,
    denominator: int,
    provisional: int = 0,
    group: Group | None = None,
) -> Figure:
    """A share whose parts have been counted."""
    return Figure(
        code=code,
        unit=Unit.PERCENT,
        value=percent(numerator, denominator),
        numerator=numerator,
        denominator=denominator,
        counted=counted,
        base=base,
        provisional=provisional,
        group=group,
    )


def durations(code: str, base: Rows, length: Any, *, provisional: Q | None = None) -> Figure:
    """Wall-clock durations, an expression on each row of `base`, which it has everywhere. One query."""
    return durations_and_counts(code, base, length, {}, provisional=provisional)[0]


def durations_and_counts(
    code: str, base: Rows, length: Any, conditions: Mapping[str, Q], *, provisional: Q | None = None
) -> tuple[Figure, dict[str, int]]:
    """As `durations`, and how many rows hold each condition; one query for all of it."""
    found = base.order_by().aggregate(
        of=Count("pk"),
        **{name: Count("pk", filter=condition) for name, condition in conditions.items()},
        p50=NearestRank(length, P50, output_field=DurationField()),
        p90=NearestRank(length, P90, output_field=DurationField()),
        mean=Avg(length, output_field=DurationField()),
        total=Sum(length, output_field=DurationField()),
        **_open(provisional),
    )
    spread = Spread(seconds(found["p50"]), seconds(found["p90"]), seconds(found["mean"]))
    figure = Figure(
        code=code,
        unit=Unit.SECONDS,
        value=spread.p50,
        numerator=seconds(found["total"]) or 0,
        denominator=found["of"],
        counted=base,
        base=base,
        spread=spread,
        provisional=found.get("open", 0),
    )
    return figure, {name: found[name] for name in conditions}


def whole_seconds(code: str, base: Rows, column: str, *, group: Group | None = None) -> Figure:
    """Durations that stand in a column of `base` as seconds. One query."""
    found = base.order_by().aggregate(
        of=Count("pk"),
        p50=NearestRank(column, P50, output_field=IntegerField()),
        p90=NearestRank(column, P90, output_field=IntegerField()),
        total=Sum(column),
    )
    mean = half_up(Decimal(found["total"]) / found["of"]) if found["of"] else None
    return Figure(
        code=code,
        unit=Unit.SECONDS,
        value=found["p50"],
        numerator=found["total"] or 0,
        denominator=found["of"],
        counted=base,
        base=base,
        spread=Spread(found["p50"], found["p90"], mean),
        group=group,
    )


def measured(code: str, lengths: Iterable[timedelta], base: Rows, *, provisional: int = 0) -> Figure:
    """Durations that were measured elsewhere, one for each row of `base`."""
    ordered = sorted(lengths)
    total = sum(ordered, timedelta())
    mean = total / len(ordered) if ordered else None
    spread = Spread(seconds(nearest_rank(ordered, P50)), seconds(nearest_rank(ordered, P90)), seconds(mean))
    return Figure(
        code=code,
        unit=Unit.SECONDS,
        value=spread.p50,
        numerator=seconds(total) or 0,
        denominator=len(ordered),
        counted=base,
        base=base,
        spread=spread,
        provisional=provisional,
    )


def nearest_rank(ordered: Sequence[timedelta], fraction: Decimal) -> timedelta | None:
    return ordered[ceil(fraction * len(ordered)) - 1] if ordered else None


def seconds(length: timedelta | None) -> int | None:
    """Whole ones, half up."""
    if length is None:
        return None
    return half_up(Decimal(length // timedelta(microseconds=1)).scaleb(-6))


def half_up(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def count(code: str, rows: Rows, *, number: int | None = None, group: Group | None = None) -> Figure:
    """How many rows there are; one query, unless that is known."""
    found = rows.count() if number is None else number
    return Figure(
        code=code,
        unit=Unit.COUNT,
        value=found,
        numerator=found,
        denominator=found,
        counted=rows,
        base=rows,
        group=group,
    )
