"""The random sample of a week, which anybody can draw again from its seed (domain.md section 8). Pure functions."""

import random
from collections.abc import Collection
from decimal import ROUND_CEILING, Decimal
from uuid import UUID


def sample_size(count: int, pct: Decimal) -> int:
    """Rounded up, so that a small week is sampled too: at least one if there is anything to draw from."""
    return int((count * pct / 100).to_integral_value(rounding=ROUND_CEILING))


def draw(ids: Collection[UUID], *, pct: Decimal, seed: str) -> set[UUID]:
    """The same ones for the same ids and seed, in whatever order they are given."""
    return set(random.Random(seed).sample(sorted(ids), sample_size(len(ids), pct)))  # noqa: S311  # not for secrets
