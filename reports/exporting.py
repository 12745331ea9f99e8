"""Figures as rows of a table, for other programs."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from core.tables import Cell
from reports.measures.asked import Asked
from reports.measures.registry import METRICS
from reports.wording import name_of


def table_of(asked: Asked) -> Iterator[list[Cell]]:
    """The names of the columns, then one row a figure; durations in seconds."""
    yield [
        *(_("Metric"), _("Figure"), _("Group"), _("Unit"), _("Value"), _("Counted"), _("Of")),
        *(_("90th percentile"), _("Mean"), _("Provisional")),
    ]
    for metric in METRICS.values():
        for figure in metric.read(asked):
            spread = figure.spread
            yield [
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
