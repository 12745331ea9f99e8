"""How a figure went: the same figure of each day, ISO week or month of a period, by the edges of the desk's days.

Each step is asked for like a period of its own, so that it says what the figure of that period says, and leads to the
same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from reports.enums import Step
from reports.measures.asked import Asked, bounds
from reports.measures.figures import Figure
from reports.measures.registry import metric_of

MOST_STEPS = 62
"""Two months of days, a year of weeks; each step costs the statements of its figure."""
OF_NOW = ("M18_backlog", "M20_unowned")
"""Figures about this moment among those of a period."""


@dataclass(frozen=True)
class StepOfCourse:
    first: date
    last: date
    """Included; the ends of the period cut the first and the last step short."""
    figures: tuple[Figure, ...]


def steps_between(first: date, last: date, step: Step) -> Iterator[tuple[date, date]]:
    """First and last day of each step, in their order, none left out."""
    while first <= last:
        match step:
            case Step.DAY:
                end = first
            case Step.WEEK:
                end = first + timedelta(days=6 - first.weekday())
            case Step.MONTH:
                end = (first.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        yield first, min(end, last)
        first = end + timedelta(days=1)


def number_of_steps(first: date, last: date, step: Step) -> int:
    return sum(1 for _step in steps_between(first, last, step))


def has_course(code: str) -> bool:
    """Whether a figure with this code is about a period at all."""
    metric = metric_of(code)
    return metric is not None and not metric.is_now and code not in OF_NOW


def course_of(code: str, asked: Asked, first: date, last: date, step: Step) -> list[StepOfCourse]:
    """The metric with this code at each step from `first` to `last`, which are days of `asked.zone`."""
    metric = metric_of(code)
    if metric is None or metric.is_now:
        return []
    found = []
    for begin, end in steps_between(first, last, step):
        figures = metric.read(asked.between(*bounds(begin, end, asked.zone)))
        found.append(StepOfCourse(begin, end, tuple(figure for figure in figures if has_course(figure.code))))
    return found


def figure_at(step: StepOfCourse, key: str) -> Figure | None:
    """None: of this step there is none, such as of a currency in which nothing was granted."""
    return next((figure for figure in step.figures if figure.key == key), None)
