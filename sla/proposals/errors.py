"""Refusals of proposals; codes and order as in permissions.md section 4."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden


class ProposalsHidden(Forbidden):
    detail = _("What is proposed about promises is not for your role.")
    hint = _("Managers propose, admins decide, auditors read.")


class ProposingForbidden(Forbidden):
    detail = _("You may not propose what is promised.")
    hint = _("A manager can.")


class DecisionForbidden(Forbidden):
    is_audited = True
    detail = _("You may not decide about this.")
    hint = _("An admin can.")


class OwnProposal(Forbidden):
    is_audited = True
    code = "self_approval"
    detail = _("Whoever proposed this does not decide about it.")
    hint = _("Another admin can.")


class NotProposer(Forbidden):
    is_audited = True
    detail = _("Only whoever proposed this can withdraw it.")
    hint = _("An admin can decline it.")


class ProposalTransition(Conflict):
    code = "invalid_transition"
    detail = _("%(name)s was faster: this proposal is “%(status)s” already.")
    hint = _("What is decided stands; it can be proposed anew.")


class ProposedAlready(Conflict):
    code = "proposed_already"
    detail = _("You have proposed just this about “%(what)s” already, and nobody has decided yet.")
    hint = _("Withdraw that one, or wait for the decision.")


class ProposalOutdated(Conflict):
    code = "proposal_outdated"
    detail = _("“%(what)s” has been changed since this was written, so it says nothing about how things stand now.")
    hint = _("Look at how it is now, and propose it anew.")
