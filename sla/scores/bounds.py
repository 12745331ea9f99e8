"""Which numbers the priority score may be made of, so that what presses more never ranks lower. Plain Python.

Source: domain.md section 11, whose bases fall from critical to low, whose factors are at least 1 and grow as a promise
comes nearer.
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from math import prod

from sla.scores.enums import ScoreCode
from sla.scores.scoring import BASES, FLAGS, USUAL, Values

C = ScoreCode
LEAST_BASE, MOST_BASE = Decimal("0.01"), Decimal(1000)
LEAST_FACTOR, MOST_FACTOR = Decimal(1), Decimal(10)
MOST_SCORE = 9_999_999
"""Of the highest base with every factor at its highest."""
FALLING = ((C.BASE_CRITICAL, C.BASE_HIGH, C.BASE_MEDIUM, C.BASE_LOW), (C.SLA_HOUR, C.SLA_HALF_DAY, C.SLA_DAYS))
"""None of these is below the one that comes after it."""
ABOVE = {low: high for order in FALLING for high, low in pairwise(order)}
BELOW = {high: low for low, high in ABOVE.items()}


def bounds_of(code: str, values: Values) -> tuple[Decimal, Decimal]:
    """Least and most that this number may be while the others are as `values` say."""
    least, most = _own_bounds(code)
    low, high = BELOW.get(ScoreCode(code)), ABOVE.get(ScoreCode(code))
    return (
        least if low is None else min(max(least, values[low]), most),
        most if high is None else max(min(most, values[high]), least),
    )


def _own_bounds(code: str) -> tuple[Decimal, Decimal]:
    if code == C.ATTENTION:
        return Decimal(0), MOST_BASE
    return (LEAST_BASE, MOST_BASE) if code in BASES.values() else (LEAST_FACTOR, MOST_FACTOR)


def highest_score(values: Values) -> Decimal:
    """What a ticket scores to which everything applies at once."""
    factors = (
        *(max(values[code] for code in group) for group in (FALLING[1], (C.VIP, C.PREMIUM), tuple(FLAGS.values()))),
        *(values[code] for code in (C.ESCALATION, C.NO_RESPONSE, C.REOPENED)),
    )
    return max(values[code] for code in BASES.values()) * prod(factors, start=Decimal(1))


def with_usual(values: Mapping[str, Decimal]) -> Values:
    return {**USUAL, **values}
