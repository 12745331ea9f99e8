"""A manager proposes, looks at what it would do, and takes it back."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid
from core.events import publish
from core.history import record
from core.service import service
from sla.proposals.enums import ProposalStatus
from sla.proposals.errors import NotProposer, ProposedAlready, ProposingForbidden
from sla.proposals.events import ProposalDecided, ProposalMade
from sla.proposals.models import Proposal
from sla.proposals.policies import may_propose
from sla.proposals.services.applying import Wish, rehearse, wish_for
from sla.proposals.services.locking import locked, refuse_unless_pending
from sla.services import Effects

LEAST_REASON = 3


def preview_proposal(
    about: str, target_id: UUID | None, values: dict[str, Any], *, by: Actor, version: int | None = None
) -> Effects:
    """What it would do to open tickets if it were accepted; nothing is kept. Raises what `propose` does."""
    if not may_propose(by):
        raise ProposingForbidden
    return rehearse(wish_for(about, target_id, values, version=version, reason=_("To see what it would do")))


def propose(
    about: str,
    target_id: UUID | None,
    values: dict[str, Any],
    *,
    by: Actor,
    reason: str,
    version: int | None = None,
) -> Proposal:
    """Ask for other `values` (fields of `sla.proposals.shapes`, those that differ count) of a policy, a calendar or a
    cell of the alert matrix; of a new policy if `target_id` is None. Admins are told.

    `version`: of what was looked at. Raises ProposingForbidden, NotFound, Invalid, ProposalOutdated, what a guard says
    of the change, or ProposedAlready.
    """
    if not isinstance(by, Agent) or not may_propose(by):
        raise ProposingForbidden
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid({"reason": _("Say why: whoever decides reads it, and the history keeps it.")})
    wish = wish_for(about, target_id, values, version=version, reason=reason)
    return _write_down(wish, by=by, effects=rehearse(wish))


@service
def _write_down(wish: Wish, *, by: Agent, effects: Effects) -> Proposal:
    Agent.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # a form that is sent twice waits here
    about = {"about": wish.about, "values": wish.values, f"{wish.about}_id": wish.target_id}
    if Proposal.objects.filter(**about, proposed_by=by, status=ProposalStatus.PENDING).exists():
        raise ProposedAlready(what=wish.title)
    proposal = Proposal(
        **about,
        title=wish.title,
        seen_version=wish.seen_version,
        former=wish.former,
        reason=wish.reason,
        effects=asdict(effects),
        proposed_by=by,
    )
    record(proposal, by=by, reason=wish.reason)
    publish(ProposalMade(proposal_id=proposal.pk, by_id=by.pk, occurred_at=timezone.now()))
    return proposal


@service
def withdraw_proposal(proposal_id: UUID, *, by: Actor, version: int | None = None) -> Proposal:
    """Raises NotFound, NotProposer, ProposalTransition or StaleVersion."""
    proposal = locked(proposal_id)
    if not isinstance(by, Agent) or by.pk != proposal.proposed_by_id or not may_propose(by):
        raise NotProposer
    refuse_unless_pending(proposal, version)
    now = timezone.now()
    proposal.withdraw(by=by, at=now)
    record(proposal, by=by, update_fields=["status", "decided_by", "decided_at"])
    publish(ProposalDecided(proposal_id=proposal.pk, by_id=by.pk, status=str(proposal.status), occurred_at=now))
    return proposal
