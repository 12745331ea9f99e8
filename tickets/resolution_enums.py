"""Choices of domain.md section 8: what was granted, who may grant it, how it was looked at afterwards."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WhatWentWrong(models.TextChoices):
    PRODUCT_DEFECT = "product_defect", _("Product defect")
    SERVICE_FAILURE = "service_failure", _("Service failure")
    BILLING_ERROR = "billing_error", _("Billing error")
    DELIVERY_DAMAGE = "delivery_damage", _("Damaged in delivery")
    USER_ERROR = "user_error", _("User error")
    THIRD_PARTY = "third_party", _("Somebody else's fault")
    OTHER = "other", _("Something else")


class WhyEligible(models.TextChoices):
    WITHIN_WARRANTY = "within_warranty", _("Within warranty")
    GOODWILL = "goodwill", _("Goodwill")
    POLICY = "policy", _("Policy")
    POLICY_EXCEPTION = "policy_exception", _("Exception from policy")
    CONTRACTUAL = "contractual", _("Contract")
    LEGAL_OBLIGATION = "legal_obligation", _("Legal obligation")


class ResolutionType(models.TextChoices):
    REFUND_PARTIAL = "refund_partial", _("Partial refund")
    REFUND_FULL = "refund_full", _("Full refund")
    CREDIT = "credit", _("Credit")
    EXTENDED_WARRANTY = "extended_warranty", _("Extended warranty")
    REPLACEMENT = "replacement", _("Replacement")
    REPAIR = "repair", _("Repair")
    INFORMATION = "information", _("Information")
    WORKAROUND = "workaround", _("Workaround")
    NO_ACTION = "no_action", _("No action")


class DamageCheck(models.TextChoices):
    """What is looked at before physical damage is compensated (domain.md section 12 asks for a checklist of its own and
    names photo, waiver and warranty; the words are ours).
    """

    DEVICE = "device", _("It is the customer's: serial number or receipt was compared")
    EVIDENCE = "evidence", _("The damage was seen on a photo, or the waiver says why there is none")
    CAUSE = "cause", _("How it happened was asked, and stands in the words above")
    WARRANTY = "warranty", _("The standard warranty was not taken for granted: its terms were read for this damage")


class EmpowermentTier(models.TextChoices):
    """Who may grant it, the lowest first."""

    AGENT = "agent", _("Agent")
    TEAM_LEAD = "team_lead", _("Team lead")
    MANAGER = "manager", _("Manager")


class ApprovalStatus(models.TextChoices):
    NOT_REQUIRED = "not_required", _("No approval needed")
    PENDING = "pending", _("Waits for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


GRANTED = (ApprovalStatus.NOT_REQUIRED, ApprovalStatus.APPROVED)
"""The customer may be told of these alone."""

COUNTED = (*GRANTED, ApprovalStatus.PENDING)
"""What makes up the running total of a ticket."""


class CalibrationStatus(models.TextChoices):
    NOT_REQUIRED = "not_required", _("Not in calibration")
    PENDING = "pending", _("Waits for calibration")
    UPHELD = "upheld", _("Upheld")
    REVISED = "revised", _("Revised")
    COACHING_NEEDED = "coaching_needed", _("Coaching needed")


class CalibrationOutcome(models.TextChoices):
    UPHELD = "upheld", _("Upheld")
    REVISED = "revised", _("Revised")
    COACHING_NEEDED = "coaching_needed", _("Coaching needed")


class CalibrationReason(models.TextChoices):
    """Why a decision is looked at again."""

    TIER3 = "tier3", _("Manager's tier")
    FLAGGED = "flagged", _("Flagged case")
    COMPLAINT = "complaint", _("Complaint")
    RANDOM_SAMPLE = "random_sample", _("Random sample")


class ItemStatus(models.TextChoices):
    PENDING = "pending", _("To be reviewed")
    REVIEWED = "reviewed", _("Reviewed")


class SessionStatus(models.TextChoices):
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
