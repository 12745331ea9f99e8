from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent, Team
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import Channel
from tickets.models.ticket import Ticket
from tickets.resolution_enums import (
    GRANTED,
    ApprovalStatus,
    CalibrationReason,
    CalibrationStatus,
    DamageCheck,
    EmpowermentTier,
    ResolutionType,
    WhatWentWrong,
    WhyEligible,
)
from tickets.resolution_walls import RESOLUTION_WALLS
from tickets.tiers import USUAL, USUAL_CURRENCY, Limits

A = ApprovalStatus
CENT = Decimal("0.01")
CURRENCY = RegexValidator(r"\A[A-Z]{3}\Z", _("Three capital letters, as EUR."))


class EmpowermentConfig(BaseModel):
    """What people of a team may grant in one currency. Without a row, euros have the usual limits, others none."""

    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="empowerment")
    currency = models.CharField(_("currency"), max_length=3, default=USUAL_CURRENCY, validators=[CURRENCY])
    tier1_limit = models.DecimalField(
        _("agents grant up to"), max_digits=12, decimal_places=2, default=USUAL.tier1, validators=[MinValueValidator(0)]
    )
    tier2_limit = models.DecimalField(
        _("the team lead approves up to"),
        max_digits=12,
        decimal_places=2,
        default=USUAL.tier2,
        validators=[MinValueValidator(0)],
    )
    vip_limit_factor = models.DecimalField(
        _("factor for VIPs"),
        max_digits=4,
        decimal_places=2,
        default=USUAL.vip_factor,
        validators=[MinValueValidator(1)],
        help_text=_("Agents grant VIPs so many times their limit."),
    )

    history = audited_history(not_indexed=["team"])

    class Meta:
        verbose_name = _("empowerment")
        verbose_name_plural = _("empowerment")
        ordering = ["team__name", "currency"]
        constraints = [
            models.UniqueConstraint(
                name="empowerment_once",
                fields=["team", "currency"],
                violation_error_message=_("The team has limits in this currency already."),
            ),
            models.CheckConstraint(
                name="empowerment_order",
                condition=Q(tier1_limit__gte=0, tier2_limit__gte=F("tier1_limit")),
                violation_error_message=_("A team lead approves at least what agents grant alone."),
            ),
            models.CheckConstraint(name="empowerment_factor", condition=Q(vip_limit_factor__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.currency}"

    @property
    def limits(self) -> Limits:
        return Limits(self.tier1_limit, self.tier2_limit, self.vip_limit_factor)


class Resolution(FSMModelMixin, BaseModel):
    """What was done about a ticket, why, and who may grant it. Source: domain.md section 8.

    What it says never changes (RESOLUTION_WALLS): another amount is another row.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="resolutions")
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="resolutions")
    """The owner of the ticket at that time."""
    created_by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+", db_index=False)
    """Who wrote it down: the owner, or who covered for them. Neither of the two approves it."""
    what_went_wrong_category = models.CharField(_("what went wrong"), max_length=20, choices=WhatWentWrong)
    what_went_wrong = models.TextField(_("what went wrong, in words"), max_length=5000)
    why_eligible_category = models.CharField(_("why eligible"), max_length=20, choices=WhyEligible)
    why_eligible = models.TextField(_("why eligible, in words"), max_length=5000)
    resolution_type = models.CharField(_("resolution"), max_length=20, choices=ResolutionType)
    resolution_details = models.TextField(_("details"), blank=True, max_length=5000)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default=USUAL_CURRENCY, validators=[CURRENCY])
    occurred_at = models.DateTimeField(_("when"))
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    product = models.CharField(_("product"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    damage_checklist = ArrayField(
        models.CharField(max_length=10, choices=DamageCheck),
        verbose_name=_("eligibility checklist: physical damage"),
        default=list,
        blank=True,
    )
    """What was looked at: all of it, where something of value is given for physical damage."""
    empowerment_tier = models.CharField(_("tier"), max_length=10, choices=EmpowermentTier)
    approval_status = FSMField(_("approval"), max_length=12, choices=A, protected=True)
    approved_by = models.ForeignKey(
        Agent, verbose_name=_("approved by"), null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(_("approved at"), null=True)
    rejected_by = models.ForeignKey(
        Agent, verbose_name=_("rejected by"), null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    approval_note = models.TextField(_("note on the approval"), blank=True, max_length=2000)
    calibration_status = models.CharField(
        _("calibration"), max_length=16, choices=CalibrationStatus, default=CalibrationStatus.NOT_REQUIRED
    )
    calibration_reasons = ArrayField(models.CharField(max_length=14, choices=CalibrationReason), default=list)
    """Why it goes to calibration, as it was when it was written down: flags may be cleared before the week is over."""
    reminder_due_at = models.DateTimeField(null=True, editable=False)
    """When its approvers and the level above are reminded, once; null where there is nothing to remind of any more."""

    history = audited_history(not_indexed=["agent", "created_by", "approved_by", "rejected_by"])

    class Meta:
        verbose_name = _("resolution")
        verbose_name_plural = _("resolutions")
        ordering = ["created_at", "id"]
        triggers = RESOLUTION_WALLS
        constraints = [
            models.CheckConstraint(name="resolution_amount", condition=Q(amount__isnull=True) | Q(amount__gt=0)),
            models.CheckConstraint(
                name="resolution_tier_approval",
                condition=Q(empowerment_tier=EmpowermentTier.AGENT, approval_status=A.NOT_REQUIRED)
                | (~Q(empowerment_tier=EmpowermentTier.AGENT) & ~Q(approval_status=A.NOT_REQUIRED)),
            ),
            models.CheckConstraint(
                name="resolution_approver",
                condition=Q(approval_status=A.APPROVED, approved_by__isnull=False, approved_at__isnull=False)
                | (~Q(approval_status=A.APPROVED) & Q(approved_by__isnull=True, approved_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="resolution_rejected",
                condition=(Q(approval_status=A.REJECTED, rejected_by__isnull=False) & ~Q(approval_note=""))
                | (~Q(approval_status=A.REJECTED) & Q(rejected_by__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                name="resolution_reminders", fields=["reminder_due_at"], condition=Q(reminder_due_at__isnull=False)
            ),
            models.Index(name="resolution_pending", fields=["created_at"], condition=Q(approval_status=A.PENDING)),
            models.Index(name="resolution_by_time", fields=["created_at", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_resolution_type_display()} {self.amount_text}".strip()

    @property
    def amount_text(self) -> str:
        """Amount and currency, or nothing; no reader's language, since it stands in audit trails too."""
        return f"{self.amount:.2f} {self.currency}" if self.amount is not None else ""

    @property
    def is_granted(self) -> bool:
        """Whether the customer may be told of it."""
        return self.approval_status in GRANTED

    @property
    def is_pending(self) -> bool:
        return bool(self.approval_status == A.PENDING)

    @property
    def deciders(self) -> set[UUID | None]:
        """Ids of whoever wrote it down or decided about it: they do not review it."""
        return {self.agent_id, self.created_by_id, self.approved_by_id, self.rejected_by_id}

    @transition(field=approval_status, source=A.PENDING, target=A.APPROVED)
    def approve(self, *, by: Agent, at: datetime, note: str) -> None:
        self.approved_by, self.approved_at, self.approval_note = by, at, note
        self.reminder_due_at = None

    @transition(field=approval_status, source=A.PENDING, target=A.REJECTED)
    def reject(self, *, by: Agent, note: str) -> None:
        self.rejected_by, self.approval_note = by, note
        self.reminder_due_at = None

    @transition(field=approval_status, source=A.PENDING, target=A.WITHDRAWN)
    def withdraw(self) -> None:
        self.reminder_due_at = None


for _name in ("approve", "reject", "withdraw"):
    getattr(Resolution, _name).alters_data = True
