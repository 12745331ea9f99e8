"""Geometry of charts, drawn by the server as SVG of a fixed size that fits a phone; their numbers stand in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 320
ROW, BAR, TEXT = 34, 10, 13
"""Height of a row, of its bar below its text, and the text's base line."""
LINE_HEIGHT, TOP, BOTTOM = 120, 16, 20


@dataclass(frozen=True)
class Bar:
    label: str
    value: str
    """As it is written."""
    text_y: int
    y: int
    width: float
    tone: str


@dataclass(frozen=True)
class BarChart:
    height: int
    bars: Sequence[Bar]
    width: int = WIDTH
    bar_height: int = BAR


class Amount(NamedTuple):
    label: str
    amount: float
    text: str
    tone: str = ""
    """warn or danger: what should be looked at."""


def bar_chart(amounts: Sequence[Amount], *, most: float = 0) -> BarChart:
    """A bar a row, its label above it; the longest takes the whole width, or `most` does."""
    longest = max([most, *(each.amount for each in amounts)], default=0) or 1
    bars = [
        Bar(
            label=each.label,
            value=each.text,
            text_y=number * ROW + TEXT,
            y=number * ROW + TEXT + 5,
            width=round(WIDTH * each.amount / longest, 1),
            tone=each.tone,
        )
        for number, each in enumerate(amounts)
    ]
    return BarChart(height=ROW * len(amounts), bars=bars)


@dataclass(frozen=True)
class LineChart:
    path: str
    area: str
    most: str
    """As it is written."""
    top: int = TOP
    bottom: int = LINE_HEIGHT - BOTTOM
    width: int = WIDTH
    height: int = LINE_HEIGHT


def line_chart(values: Sequence[float | None], *, most: str = "") -> LineChart:
    """One point a value, from the left edge to the right one, above zero; `most` is how the highest is written. Where
    there is no value there is no line.
    """
    highest = max([value for value in values if value is not None], default=0) or 1
    bottom = LINE_HEIGHT - BOTTOM
    step = WIDTH / max(len(values) - 1, 1)
    scale = (bottom - TOP) / highest
    lines: list[list[tuple[float, float]]] = [[]]
    for number, value in enumerate(values):
        if value is None:
            lines.append([])
        else:
            lines[-1].append((round(number * step, 1), round(bottom - scale * value, 1)))
    drawn = [(_path(points), points[0][0], points[-1][0]) for points in lines if points]
    path = " ".join(line for line, _left, _right in drawn)
    area = " ".join(f"{line} L{right} {bottom} L{left} {bottom} Z" for line, left, right in drawn)
    return LineChart(path=path, area=area, most=most or str(highest))


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A point alone is a short stroke, else it would not be seen."""
    line = " ".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(points))
    return line if len(points) > 1 else f"{line} h1"
