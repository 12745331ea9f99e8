"""Proposals: who is to decide, and what was decided."""

from uuid import UUID

from accounts.enums import Role
from accounts.models import Agent
from core.events import subscribe
from notifications.enums import EventType
from notifications.services import notify
from sla.proposals.enums import ProposalStatus
from sla.proposals.events import ProposalDecided, ProposalMade
from sla.proposals.models import Proposal


def _proposal(proposal_id: UUID) -> Proposal:
    return Proposal.objects.select_related("proposed_by", "decided_by").get(pk=proposal_id)


@subscribe(ProposalMade, after_commit=True)
def tell_admins(event: ProposalMade) -> None:
    """Not if somebody has decided meanwhile."""
    proposal = _proposal(event.proposal_id)
    if not proposal.is_pending:
        return
    admins = Agent.objects.active().filter(roles__contains=[Role.ADMIN])
    notify(
        admins.values_list("pk", flat=True),
        EventType.PROPOSAL_MADE,
        dedupe_key=f"proposal:{proposal.pk}",
        besides=event.by_id,
        proposal=str(proposal.pk),
        by=proposal.proposed_by.name,
        what=proposal.title,
        reason=proposal.reason,
    )


@subscribe(ProposalDecided, after_commit=True)
def tell_proposer(event: ProposalDecided) -> None:
    """Never what one has withdrawn oneself."""
    proposal = _proposal(event.proposal_id)
    if event.status == ProposalStatus.WITHDRAWN or proposal.decided_by is None:
        return
    notify(
        [proposal.proposed_by_id],
        EventType.PROPOSAL_DECIDED,
        dedupe_key=f"proposal_decided:{proposal.pk}",
        besides=event.by_id,
        proposal=str(proposal.pk),
        by=proposal.decided_by.name,
        what=proposal.title,
        decision=event.status,
        note=proposal.note,
    )
