"""Reads of scores, for the API and pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sla.models import ScoreOverride, TicketScore
from sla.scores.enums import Part
from tickets.models import Ticket


@dataclass(frozen=True)
class Factor:
    name: Part
    value: Decimal

    @property
    def applies(self) -> bool:
        return self.value != 1


@dataclass(frozen=True)
class Breakdown:
    """A ticket's score as it stands, and what it is made of."""

    score: Decimal
    computed: Decimal
    """What it would be without a person's word."""
    base: Decimal
    factors: Sequence[Factor]
    next_change_at: datetime | None
    """When time alone changes it next; None: only what happens to the ticket does."""
    override: ScoreOverride | None


def breakdown_of(ticket: Ticket) -> Breakdown:
    """As it was last written; of a ticket that is older than its breakdown the score alone. Two queries."""
    kept = ticket.score_breakdown
    watched = TicketScore.objects.filter(ticket=ticket.pk).first()
    override = ScoreOverride.objects.standing().filter(ticket=ticket.pk).select_related("by").first()
    return Breakdown(
        score=ticket.priority_score,
        computed=Decimal(kept.get("computed", ticket.priority_score)),
        base=Decimal(kept.get("base", ticket.priority_score)),
        factors=[Factor(part, Decimal(kept[part])) for part in Part if part in kept],
        next_change_at=watched.next_change_at if watched else None,
        override=override if "override" in kept else None,
    )
