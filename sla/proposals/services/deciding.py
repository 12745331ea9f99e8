"""An admin decides; what is accepted is changed in the same transaction, by the service of a direct edit."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid
from core.events import publish
from core.history import record
from core.service import service
from sla.models import SlaPolicy
from sla.proposals.enums import ProposalAbout
from sla.proposals.errors import DecisionForbidden, OwnProposal
from sla.proposals.events import ProposalDecided
from sla.proposals.models import Proposal
from sla.proposals.policies import may_decide
from sla.proposals.services.applying import Wish, grant, rehearse
from sla.proposals.services.locking import locked, refuse_unless_pending
from sla.proposals.services.making import LEAST_REASON
from sla.services import Effects

DECISION = ["status", "decided_by", "decided_at", "note"]


@service
def accept_proposal(proposal_id: UUID, *, by: Actor, note: str = "", version: int | None = None) -> Proposal:
    """Let it hold; running clocks and alerts follow within minutes. The history of what changes names both people.

    Raises NotFound, DecisionForbidden, OwnProposal, ProposalTransition if somebody was faster, StaleVersion,
    ProposalOutdated, or what a direct edit would.
    """
    proposal = locked(proposal_id)
    admin = _refuse(proposal, by)
    refuse_unless_pending(proposal, version)
    changed = grant(_wish_of(proposal), by=admin)
    if proposal.about == ProposalAbout.POLICY and isinstance(changed, SlaPolicy):
        proposal.policy = changed
    return _decide(proposal, "accept", by=admin, note=note)


@service
def decline_proposal(proposal_id: UUID, *, by: Actor, note: str, version: int | None = None) -> Proposal:
    """Raises NotFound, DecisionForbidden, OwnProposal, ProposalTransition, Invalid without a note, or StaleVersion."""
    proposal = locked(proposal_id)
    admin = _refuse(proposal, by)
    refuse_unless_pending(proposal, version)
    if len(note.strip()) < LEAST_REASON:
        raise Invalid({"note": _("Say why: whoever proposed it reads it.")})
    return _decide(proposal, "decline", by=admin, note=note)


def preview_decision(proposal: Proposal, *, by: Actor) -> Effects:
    """What accepting it would do now; nothing is kept. Raises what accepting does."""
    _refuse(proposal, by)
    refuse_unless_pending(proposal, None)
    return rehearse(_wish_of(proposal))


def _refuse(proposal: Proposal, by: Actor) -> Agent:
    if not isinstance(by, Agent) or not may_decide(by):
        raise DecisionForbidden
    if by.pk == proposal.proposed_by_id:
        raise OwnProposal
    return by


def _wish_of(proposal: Proposal) -> Wish:
    told = _("%(reason)s (proposed by %(name)s)")
    return Wish(
        about=proposal.about,
        target_id=proposal.policy_id or proposal.calendar_id or proposal.alert_rule_id,
        seen_version=proposal.seen_version,
        values=proposal.values,
        former=proposal.former,
        title=proposal.title,
        reason=told % {"reason": proposal.reason, "name": proposal.proposed_by.name},
    )


def _decide(proposal: Proposal, name: str, *, by: Agent, note: str) -> Proposal:
    now = timezone.now()
    getattr(proposal, name)(by=by, at=now, note=note.strip()[:500])
    record(proposal, by=by, reason=note.strip(), update_fields=[*DECISION, "policy"])
    publish(ProposalDecided(proposal_id=proposal.pk, by_id=by.pk, status=str(proposal.status), occurred_at=now))
    return proposal
