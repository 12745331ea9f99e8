"""The priority score as far as a ticket's own row tells it: base and flags (domain.md section 11). The factors of
clocks come from above.
"""

from collections.abc import Collection
from decimal import Decimal

from tickets.enums import FlagType, Grade, Priority

BASE: dict[Priority, Decimal] = {
    Priority.CRITICAL: Decimal("100.00"),
    Priority.HIGH: Decimal("70.00"),
    Priority.MEDIUM: Decimal("40.00"),
    Priority.LOW: Decimal("10.00"),
}


FLAG_FACTORS: dict[str, Decimal] = {
    FlagType.SOCIAL_MEDIA: Decimal("1.5"),
    FlagType.LEGAL: Decimal("1.5"),
    FlagType.REPEAT_CONTACT: Decimal("1.3"),
}
"""Of several the highest alone."""
VIP_FACTOR = Decimal("1.5")


def score_of(priority: str, flags: Collection[str]) -> tuple[Decimal, dict[str, str]]:
    """The score, two places, and what it is made of by the factors' names."""
    score = base_score(priority)
    breakdown = {"base": str(score)}
    factors = {"customer": VIP_FACTOR} if FlagType.VIP in flags else {}
    if found := [FLAG_FACTORS[flag] for flag in flags if flag in FLAG_FACTORS]:
        factors["flag"] = max(found)
    for name, factor in factors.items():
        score *= factor
        breakdown[name] = str(factor)
    return score.quantize(Decimal("0.01")), breakdown


def base_score(priority: str) -> Decimal:
    return BASE[Priority(priority)]


def proposed_priority(impact: Grade, urgency: Grade) -> Priority:
    """What impact and urgency together propose (domain.md section 4); the ticket's own priority stays authoritative."""
    rank = {Grade.HIGH: 0, Grade.MEDIUM: 1, Grade.LOW: 2}
    total = rank[impact] + rank[urgency]
    return (Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW)[min(total, 3)]
