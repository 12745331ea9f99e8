from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ProposalMade(DomainEvent):
    """A manager asks for another promise; somebody is to decide."""

    proposal_id: UUID
    by_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProposalDecided(DomainEvent):
    """Accepted, declined, or withdrawn by whoever made it (`by_id`). Published once for each."""

    proposal_id: UUID
    by_id: UUID
    status: str
