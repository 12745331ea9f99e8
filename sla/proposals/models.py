from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent, BusinessCalendar
from core.history import audited_history
from core.models import BaseModel
from sla.alerts.models import AlertRule
from sla.models.policies import SlaPolicy
from sla.proposals.enums import ProposalAbout, ProposalStatus

S, A = ProposalStatus, ProposalAbout


class Proposal(FSMModelMixin, BaseModel):
    """A change of what is promised, as a manager wants it and until an admin decides. Source: permissions.md section 2.

    What it says never changes: other wishes are another proposal.
    """

    about = models.CharField(_("about"), max_length=12, choices=ProposalAbout)
    policy = models.ForeignKey(
        SlaPolicy, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("SLA policy"), db_index=False
    )
    """Empty for a new one, until it is accepted."""
    calendar = models.ForeignKey(
        BusinessCalendar,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("business calendar"),
        db_index=False,
    )
    alert_rule = models.ForeignKey(
        AlertRule, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("alert rule"), db_index=False
    )
    title = models.CharField(_("what it is about"), max_length=255)
    """Name of what is to change, as it was then."""
    seen_version = models.PositiveIntegerField(_("seen version"), null=True)
    """Of what is to change; decided about it can only be as long as it is still that. None for what is new."""
    values = models.JSONField(_("proposed"), default=dict)
    """What is to be other than it is, by field (`sla.proposals.shapes`)."""
    former = models.JSONField(_("before"), default=dict)
    """The same fields as they were."""
    reason = models.CharField(_("reason"), max_length=500)
    effects = models.JSONField(_("effects"), default=dict)
    """`sla.services.Effects`, as they would have been when it was proposed."""
    status = FSMField(_("status"), max_length=10, choices=ProposalStatus, default=S.PENDING, protected=True)
    proposed_by = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"), db_index=False
    )
    decided_by = models.ForeignKey(
        Agent, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by"), db_index=False
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    """Of whoever decided."""

    history = audited_history(not_indexed=["policy", "calendar", "alert_rule", "proposed_by", "decided_by"])

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(name="proposal_newest", fields=["status", "-created_at", "-id"])]
        constraints = [
            models.CheckConstraint(
                name="proposal_about_one",
                condition=Q(about=A.POLICY, calendar=None, alert_rule=None)
                | Q(about=A.CALENDAR, policy=None, calendar__isnull=False, alert_rule=None)
                | Q(about=A.ALERT_RULE, policy=None, calendar=None, alert_rule__isnull=False),
            ),
            models.CheckConstraint(
                name="proposal_decided",
                condition=Q(status=S.PENDING, decided_by=None, decided_at=None)
                | ~Q(status=S.PENDING) & Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="proposal_four_eyes",
                condition=Q(decided_by=None) | Q(status=S.WITHDRAWN) | ~Q(decided_by=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_about_display()}: {self.title}"

    @property
    def is_pending(self) -> bool:
        return bool(self.status == S.PENDING)

    @transition(field=status, source=S.PENDING, target=S.ACCEPTED)
    def accept(self, *, by: Agent, at: datetime, note: str) -> None:
        self.decided_by, self.decided_at, self.note = by, at, note

    @transition(field=status, source=S.PENDING, target=S.DECLINED)
    def decline(self, *, by: Agent, at: datetime, note: str) -> None:
        self.decided_by, self.decided_at, self.note = by, at, note

    @transition(field=status, source=S.PENDING, target=S.WITHDRAWN)
    def withdraw(self, *, by: Agent, at: datetime) -> None:
        self.decided_by, self.decided_at = by, at


for _name in ("accept", "decline", "withdraw"):
    getattr(Proposal, _name).alters_data = True
