"""Refusals of what is done for customers: approvals and calibration (domain.md section 8)."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Forbidden
from tickets.errors import RoleForbids


class ApprovalForbidden(RoleForbids):
    is_audited = True
    hint = _("%(approvers)s can decide this.")


class SelfApproval(ApprovalForbidden):
    code = "self_approval"
    detail = _("Whoever owns the ticket or wrote this down does not decide about it.")


class TierExceeded(ApprovalForbidden):
    code = "tier_exceeded"
    detail = _("This needs somebody of the tier “%(tier)s” or higher.")


class ApprovalPending(Conflict):
    code = "approval_pending"
    detail = _("Approvals are still awaited: %(titles)s.")
    hint = _("Wait for the decision, or withdraw them.")


class ResolutionTransition(Conflict):
    code = "invalid_transition"
    detail = _("This is not possible while the approval is “%(status)s”.")
    hint = _("What is decided stands; write down a new resolution instead.")


class CompensationHidden(RoleForbids):
    detail = _("What customers were granted is private.")
    hint = _("The owner of the ticket, its team lead, supervisor or manager can read it.")


class CalibrationForbidden(RoleForbids):
    is_audited = True
    hint = _("Team leads, supervisors and managers take part; a manager generates and closes.")


class OwnDecision(Forbidden):
    is_audited = True
    detail = _("Whoever wrote a resolution down or decided about it does not review it.")
    hint = _("Another lead, supervisor or manager of the team can review it.")


class CalibrationTransition(Conflict):
    code = "invalid_transition"
    detail = _("This is not possible while the calibration is “%(status)s”.")
    hint = _("What was reviewed stands.")


class AlreadyReviewed(CalibrationTransition):
    detail = _("You have reviewed this already; a verdict stands.")
    hint = _("Talk about it in the meeting; the outcome is the first verdict.")


class ItemsLeft(CalibrationTransition):
    detail = _("Not reviewed yet: %(count)s.")
    hint = _("Review them, or carry them over to the next week.")
