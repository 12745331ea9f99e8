"""All writes on proposals."""

from sla.proposals.services.deciding import accept_proposal, decline_proposal, preview_decision
from sla.proposals.services.making import preview_proposal, propose, withdraw_proposal

__all__ = [
    "accept_proposal",
    "decline_proposal",
    "preview_decision",
    "preview_proposal",
    "propose",
    "withdraw_proposal",
]
