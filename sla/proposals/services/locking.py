"""A proposal under its lock, and whether it still waits."""

from uuid import UUID

from core.errors import NotFound, StaleVersion
from sla.proposals.enums import ProposalStatus
from sla.proposals.errors import ProposalTransition
from sla.proposals.models import Proposal


def locked(proposal_id: UUID) -> Proposal:
    """Raises NotFound."""
    rows = Proposal.objects.select_for_update(of=("self",), no_key=True).select_related("proposed_by", "decided_by")
    proposal = rows.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound
    return proposal


def refuse_unless_pending(proposal: Proposal, version: int | None) -> None:
    """Raises ProposalTransition, with whoever was faster, or StaleVersion."""
    if not proposal.is_pending:
        name = proposal.decided_by.name if proposal.decided_by else ""
        raise ProposalTransition(name=name, status=str(ProposalStatus(proposal.status).label))
    if version is not None and version != proposal.version:
        raise StaleVersion(given=version, current=proposal.version)
