"""Which policy a case falls under. Plain Python: no database. Source: domain.md section 9."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from accounts.enums import Tier
from tickets.enums import FlagType, Priority

UPGRADING = frozenset({FlagType.VIP, FlagType.SOCIAL_MEDIA})
"""Flags whose tickets have the targets of the next higher priority."""
BY_URGENCY = (Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL)


@dataclass(frozen=True, slots=True)
class Case:
    """What of a ticket, or of help on it, decides about its promises."""

    ticket_type: str
    priority: str
    customer_tier: str
    company: UUID | None
    team: UUID | None
    category: UUID | None
    is_upgraded: bool = False
    chosen: UUID | None = None
    """A policy that was named for this ticket."""

    @property
    def counted(self) -> "Case":
        """With the priority whose targets count, which the ticket does not show."""
        if not self.is_upgraded:
            return self
        higher = BY_URGENCY[min(BY_URGENCY.index(Priority(self.priority)) + 1, len(BY_URGENCY) - 1)]
        return replace(self, priority=str(higher))


def is_upgraded(tier: str, flags: Iterable[str]) -> bool:
    return tier == Tier.VIP or not UPGRADING.isdisjoint(flags)


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy as far as it is matched: the fields that it asks for, with their values."""

    id: UUID
    kind: str
    order: int
    wants: Mapping[str, object]

    def holds(self, case: Case) -> bool:
        return all(getattr(case, name) == value for name, value in self.wants.items())

    @property
    def rank(self) -> tuple[int, int, UUID]:
        """A company's before a tier's before all others; among equals by order."""
        of_whom = 0 if "company" in self.wants else 1 if "customer_tier" in self.wants else 2
        return of_whom, self.order, self.id


R = TypeVar("R", bound=Rule)


def chosen_match(rules: Iterable[R], case: Case, kind: str, of_companies: Mapping[UUID, UUID]) -> R | None:
    """The one named for the ticket, else the one named for its company, where its own conditions hold.

    `of_companies`: company -> policy.
    """
    wanted = of_companies.get(case.company) if case.company else None
    if case.chosen is None and wanted is None:
        return None
    by_id = {rule.id: rule for rule in rules if rule.kind == kind}
    if case.chosen in by_id:
        return by_id[case.chosen]
    rule = by_id.get(wanted) if wanted else None
    return rule if rule is not None and rule.holds(case.counted) else None


def first_match(rules: Iterable[R], case: Case, kind: str) -> R | None:
    """`rules` in the order of their rank."""
    counted = case.counted
    return next((rule for rule in rules if rule.kind == kind and rule.holds(counted)), None)
