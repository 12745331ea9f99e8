"""What a ticket is worth by its priority alone (domain.md section 11). The factors follow from promises and help, so
its score is computed above, in `sla.scores`, at the end of each act that changes it.
"""

from decimal import Decimal

from tickets.enums import Grade, Priority

BASE: dict[Priority, Decimal] = {
    Priority.CRITICAL: Decimal("100.00"),
    Priority.HIGH: Decimal("70.00"),
    Priority.MEDIUM: Decimal("40.00"),
    Priority.LOW: Decimal("10.00"),
}


def base_score(priority: str) -> Decimal:
    """Of a ticket that a mail makes, until its clocks have begun."""
    return BASE[Priority(priority)]


def proposed_priority(impact: Grade, urgency: Grade) -> Priority:
    """What impact and urgency together propose (domain.md section 4); the ticket's own priority stays authoritative."""
    rank = {Grade.HIGH: 0, Grade.MEDIUM: 1, Grade.LOW: 2}
    total = rank[impact] + rank[urgency]
    return (Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW)[min(total, 3)]
