"""Figures as rows of a table, for other programs."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from core.tables import Cell
from reports.measures.asked import Asked
from reports.measures.course import StepOfCourse
from reports.measures.figures import Figure
from reports.measures.registry import METRICS
from reports.measures.trend import Day
from reports.wording import name_of


def table_of(asked: Asked) -> Iterator[list[Cell]]:
    """The names of the columns, then one row a figure; durations in seconds."""
    yield _heads()
    for metric in METRICS.values():
        for figure in metric.read(asked):
            yield _row(figure)


def table_of_course(steps: Iterable[StepOfCourse]) -> Iterator[list[Cell]]:
    """As above, one row a figure and step, with its first and its last day."""
    yield [_("From"), _("To, included"), *_heads()]
    for step in steps:
        for figure in step.figures:
            yield [step.first.isoformat(), step.last.isoformat(), *_row(figure)]


def table_of_backlog(days: Iterable[Day]) -> Iterator[list[Cell]]:
    """One row a day; ages in seconds."""
    yield [_("Day"), _("Open tickets"), _("Waiting for the customer"), _("Median age"), _("90th percentile")]
    for day in days:
        yield [day.on.isoformat(), day.count, day.waiting, day.p50, day.p90]


def _heads() -> list[Cell]:
    return [
        *(_("Metric"), _("Figure"), _("Group"), _("Unit"), _("Value"), _("Counted"), _("Of")),
        *(_("90th percentile"), _("Mean"), _("Provisional")),
    ]


def _row(figure: Figure) -> list[Cell]:
    spread = figure.spread
    return [
        figure.code,
        name_of(figure.code),
        figure.group.name if figure.group else "",
        figure.unit.value,
        None if figure.value is None else str(figure.value),
        figure.numerator,
        figure.denominator,
        spread.p90 if spread else None,
        spread.mean if spread else None,
        figure.provisional,
    ]
