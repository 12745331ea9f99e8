"""Figures as pages show them: words for values, rows of tables, charts, and the way to the tickets behind each."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from reports.charts import Amount, bar_chart, line_chart
from reports.enums import Part, Unit
from reports.measures.course import StepOfCourse, figure_at
from reports.measures.figures import Figure
from reports.measures.trend import Day
from reports.wording import DEFINITIONS, name_of

Shown = dict[str, Any]
"""What a template takes."""
Link = Callable[[Figure, Part], str]
MINUTE, HOUR, DAY = 60, 3600, 86_400


def link_for(chosen: dict[str, str]) -> Link:
    """Addresses of the rows behind figures of the period and team that are `chosen`."""

    def url(figure: Figure, part: Part) -> str:
        values = chosen | {"figure": figure.key, "part": part.value}
        return f"{reverse('reports:rows')}?{urlencode(values)}"

    return url


def duration(seconds: int | None) -> str:
    """In the two largest units."""
    if seconds is None:
        return _("n/a")
    if seconds < HOUR:
        return _("%(n)s min") % {"n": round(seconds / MINUTE)}
    if seconds < DAY:
        return _("%(h)s h %(min)s min") % {"h": seconds // HOUR, "min": seconds % HOUR // MINUTE}
    return _("%(d)s d %(h)s h") % {"d": seconds // DAY, "h": seconds % DAY // HOUR}


def hours(seconds: int | None) -> str:
    """Hours of work, which make no days of 24."""
    if seconds is None:
        return _("n/a")
    return _("%(h)s h %(min)s min") % {"h": seconds // HOUR, "min": seconds % HOUR // MINUTE}


IN_HOURS = ("M5_business", "M8", "M8_legal", "M9", "M9b", "M14")
"""Figures in hours of work."""


def value_of(figure: Figure) -> str:
    return written(figure, figure.value)


def written(figure: Figure, value: Decimal | int | None) -> str:
    if value is None:
        return _("n/a")
    if figure.unit == Unit.SECONDS:
        return hours(int(value)) if figure.code in IN_HOURS else duration(int(value))
    if figure.unit == Unit.PERCENT:
        return f"{value} %"
    return str(value)


def stat(figure: Figure, link: Link, *, note: str = "", tone: str = "", label: str = "", url: str = "") -> Shown:
    """What `components/stat.html` wants."""
    return {
        "value": value_of(figure),
        "label": label or name_of(figure.code),
        "note": note or _parts(figure),
        "tone": tone,
        "url": url or (link(figure, _counted(figure)) if figure.denominator else ""),
    }


def _counted(figure: Figure) -> Part:
    return Part.COUNTED if figure.unit == Unit.PERCENT else Part.BASE


def _parts(figure: Figure) -> str:
    if figure.unit == Unit.PERCENT:
        return _("%(n)s of %(of)s") % {"n": figure.numerator, "of": figure.denominator}
    if figure.spread is not None:
        return _("median of %(of)s") % {"of": figure.denominator}
    return ""


def cell(text: Any, url: str = "", *, is_number: bool = True) -> Shown:
    return {"text": text, "url": url, "is_number": is_number}


def head(*labels: str) -> list[Shown]:
    """Heads of columns; all but the first are numbers."""
    return [{"label": label, "is_number": bool(number)} for number, label in enumerate(labels)]


def figures_table(figures: Iterable[Figure], link: Link) -> Shown:
    """Name, value, numerator and denominator, 90th percentile and mean, what may still change."""
    return {
        "head": head(
            *(_("Figure"), _("Value"), _("Counted"), _("Of"), _("90th percentile"), _("Mean"), _("Provisional"))
        ),
        "rows": [_figure_row(figure, link) for figure in figures],
    }


def _figure_row(figure: Figure, link: Link, *, name: str = "") -> list[Shown]:
    spread = figure.spread
    is_share = figure.unit in (Unit.PERCENT, Unit.PER_THOUSAND, Unit.PER_HUNDRED)
    return [
        cell(name or named_whole(figure), is_number=False),
        cell(value_of(figure)),
        _rows_cell(figure, Part.COUNTED, figure.numerator, link) if is_share else cell("–"),
        _rows_cell(figure, Part.BASE, figure.denominator, link),
        cell(written(figure, spread.p90) if spread else "–"),
        cell(written(figure, spread.mean) if spread else "–"),
        cell(figure.provisional or "–"),
    ]


def _rows_cell(figure: Figure, part: Part, number: int, link: Link) -> Shown:
    return cell(number, link(figure, part) if number else "")


def named(figure: Figure) -> str:
    return figure.group.name if figure.group else name_of(figure.code)


def named_whole(figure: Figure) -> str:
    """With what it is one of."""
    return f"{name_of(figure.code)}: {figure.group.name}" if figure.group else name_of(figure.code)


def definitions_of(codes: Sequence[str]) -> list[Shown]:
    return [{"name": name_of(code), "text": str(DEFINITIONS[code])} for code in codes if code in DEFINITIONS]


def bars(title: str, figures: Sequence[Figure], *, full: float = 0) -> Shown:
    """A chart of shares or counts, one bar a group; `full` is a length that the chart holds at least."""
    amounts = [
        Amount(named(figure), float(figure.value or 0), value_of(figure), "danger" if full and _is_over(figure) else "")
        for figure in figures
    ]
    return {"kind": "bars", "title": title, "chart": bar_chart(amounts, most=full)}


def _is_over(figure: Figure) -> bool:
    return figure.value is not None and figure.value > 100


def count_bars(title: str, figures: Sequence[Figure]) -> Shown:
    """As `bars`, of how many rows, not of which share."""
    amounts = [Amount(named(figure), figure.numerator, str(figure.numerator)) for figure in figures]
    return {"kind": "bars", "title": title, "chart": bar_chart(amounts)}


def trend(title: str, days: Sequence[Day]) -> Shown:
    return {
        "kind": "line",
        "title": title,
        "chart": line_chart([day.count for day in days], most=str(max(day.count for day in days))),
        "first": short_day(days[0].on),
        "last": short_day(days[-1].on),
    }


def trend_table(days: Sequence[Day]) -> Shown:
    return {
        "head": head(_("Day"), _("Open tickets"), _("Waiting for the customer"), _("Median age"), _("90th percentile")),
        "rows": [
            [
                cell(short_day(day.on), is_number=False),
                cell(day.count),
                cell(day.waiting),
                cell(duration(day.p50)),
                cell(duration(day.p90)),
            ]
            for day in reversed(days)
        ],
    }


def course(key: str, steps: Sequence[StepOfCourse], chosen: dict[str, str]) -> Shown:
    """The chart of a figure step by step, and its table, the newest first."""
    found = [(step, figure_at(step, key)) for step in steps]
    values = [figure.value if figure is not None else None for _step, figure in found]
    highest = max((value for value in values if value is not None), default=None)
    most = next((value_of(figure) for _step, figure in found if figure is not None and figure.value == highest), "0")
    rows = []
    for step, figure in reversed(found):
        days = {"first": step.first.isoformat(), "last": step.last.isoformat()}
        name = _days(step)
        if figure is None:
            rows.append([cell(name, is_number=False), *[cell("–")] * 6])
        else:
            rows.append(_figure_row(figure, link_for(chosen | days), name=name))
    chart = {
        "kind": "line",
        "title": name_of(key.partition(":")[0]),
        "chart": line_chart([None if value is None else float(value) for value in values], most=most),
        "first": short_day(steps[0].first),
        "last": short_day(steps[-1].last),
    }
    heads = figures_table([], link_for(chosen))["head"]
    return {"chart": chart, "table": {"head": [{**heads[0], "label": _("Days")}, *heads[1:]], "rows": rows}}


def _days(step: StepOfCourse) -> str:
    if step.first == step.last:
        return short_day(step.first)
    return _("%(first)s to %(last)s") % {"first": short_day(step.first), "last": short_day(step.last)}


def short_day(day: date) -> str:
    return date_format(day, _("j M Y"))
