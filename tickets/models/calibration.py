from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from tickets.models.resolutions import Resolution
from tickets.models.tasks import Task
from tickets.resolution_enums import CalibrationOutcome, CalibrationReason, ItemStatus, SessionStatus
from tickets.resolution_walls import VERDICT_WALLS

USUAL_SAMPLE_PCT = Decimal("5.0")


class CalibrationSession(FSMModelMixin, BaseModel):
    """One ISO week whose decisions are looked at together. Source: domain.md section 8."""

    iso_year = models.PositiveSmallIntegerField(_("ISO year"))
    iso_week = models.PositiveSmallIntegerField(_("ISO week"))
    held_on = models.DateField(_("held on"), null=True, blank=True)
    """The desk's day on which it was closed."""
    participants = models.ManyToManyField(Agent, verbose_name=_("participants"), related_name="+", blank=True)
    """Who has reviewed something in it, and who closed it."""
    status = FSMField(_("status"), max_length=6, choices=SessionStatus, default=SessionStatus.OPEN, protected=True)
    sample_pct = models.DecimalField(
        _("random sample"),
        max_digits=4,
        decimal_places=1,
        default=USUAL_SAMPLE_PCT,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("Percent of what is in it for no other reason."),
    )
    sample_seed = models.CharField(_("seed of the sample"), max_length=32)
    """The draw can be made again with it, by anybody who doubts it."""

    history = audited_history(m2m_fields=[participants])

    class Meta:
        verbose_name = _("calibration")
        verbose_name_plural = _("calibrations")
        ordering = ["-iso_year", "-iso_week"]
        constraints = [
            models.UniqueConstraint(name="calibration_once_a_week", fields=["iso_year", "iso_week"]),
            models.CheckConstraint(name="calibration_week", condition=Q(iso_week__gte=1, iso_week__lte=53)),
        ]

    def __str__(self) -> str:
        return f"{self.iso_year}-W{self.iso_week:02}"

    @property
    def is_open(self) -> bool:
        return bool(self.status == SessionStatus.OPEN)

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.iso_year, self.iso_week, 1)

    @transition(field=status, source=SessionStatus.OPEN, target=SessionStatus.CLOSED)
    def close(self, *, on: date) -> None:
        self.held_on = on


CalibrationSession.close.alters_data = True


class CalibrationItem(BaseModel):
    """One resolution in one week's calibration. Its outcome is the first verdict; the others show how far people agree.

    Not decided in its week, it is carried over: the same resolution is in a later week's session too.
    """

    session = models.ForeignKey(CalibrationSession, on_delete=models.PROTECT, related_name="items")
    resolution = models.ForeignKey(Resolution, on_delete=models.PROTECT, related_name="calibration_items")
    reasons = ArrayField(models.CharField(max_length=14, choices=CalibrationReason), verbose_name=_("reasons"))
    status = models.CharField(_("status"), max_length=8, choices=ItemStatus, default=ItemStatus.PENDING)
    outcome = models.CharField(_("outcome"), max_length=16, choices=CalibrationOutcome, blank=True)
    reviewer = models.ForeignKey(
        Agent, verbose_name=_("reviewer"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewer_notes = models.TextField(_("notes"), blank=True, max_length=5000)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    carried_over_at = models.DateTimeField(_("carried over at"), null=True, blank=True)
    coaching_task = models.OneToOneField(
        Task, verbose_name=_("task"), null=True, blank=True, on_delete=models.PROTECT, related_name="coaching_item"
    )

    history = audited_history(not_indexed=["reviewer", "coaching_task"])

    class Meta:
        verbose_name = _("calibration item")
        verbose_name_plural = _("calibration items")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(name="calibrationitem_once_a_week", fields=["session", "resolution"]),
            models.CheckConstraint(
                name="calibrationitem_reviewed",
                condition=(
                    Q(status=ItemStatus.REVIEWED, reviewer__isnull=False, reviewed_at__isnull=False)
                    & ~Q(outcome="")
                    & ~Q(reviewer_notes="")
                )
                | Q(status=ItemStatus.PENDING, reviewer__isnull=True, reviewed_at__isnull=True, outcome=""),
            ),
            models.CheckConstraint(
                name="calibrationitem_carried_or_reviewed",
                condition=Q(carried_over_at__isnull=True) | Q(status=ItemStatus.PENDING),
            ),
        ]
        indexes = [
            models.Index(name="calibrationitem_pending", fields=["session"], condition=Q(status=ItemStatus.PENDING)),
            models.Index(name="calibrationitem_reviewed", fields=["reviewed_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.session}: {self.resolution}"

    @property
    def is_reviewed(self) -> bool:
        return self.status == ItemStatus.REVIEWED


class CalibrationVerdict(models.Model):
    """What one reviewer makes of an item, given without knowing the others'. Append-only."""

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)  # counted: the first one decides
    item = models.ForeignKey(CalibrationItem, on_delete=models.PROTECT, related_name="verdicts")
    reviewer = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+", db_index=False)
    outcome = models.CharField(_("outcome"), max_length=16, choices=CalibrationOutcome)
    notes = models.TextField(_("notes"), max_length=5000)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")
        ordering = ["id"]
        triggers = VERDICT_WALLS
        constraints = [models.UniqueConstraint(name="verdict_once", fields=["item", "reviewer"])]

    def __str__(self) -> str:
        return f"{self.item}: {self.outcome}"
