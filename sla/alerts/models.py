from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from core.writing import QuickWrite
from sla.alerts.enums import LAST_LEVEL, LEVELS, STANDING, AlertCondition, AlertStatus, Recipient
from sla.alerts.querysets import AlertQuerySet, AlertRecipientQuerySet, AlertWatchQuerySet
from tickets.enums import Priority
from tickets.models import Ticket

S = AlertStatus
MOST_MINUTES = 60 * 24 * 366
IS_STANDING = Q(status__in=[str(status) for status in STANDING])


class AlertRule(BaseModel):
    """One cell of the matrix: after how long whom is told. Source: domain.md section 10."""

    priority = models.CharField(_("priority"), max_length=10, choices=Priority)
    condition = models.CharField(_("condition"), max_length=16, choices=AlertCondition)
    level = models.PositiveSmallIntegerField(_("level"), choices=[(level, str(level)) for level in LEVELS])
    threshold_minutes = models.PositiveIntegerField(
        _("threshold"),
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text=_("Business minutes: since the ticket came, since somebody worked on it, or until it is due."),
    )
    recipients = ArrayField(
        models.CharField(max_length=16, choices=Recipient),
        verbose_name=_("recipients"),
        help_text=_("Who is missing is replaced by the next level up, at last by the admins."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = audited_history()

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert matrix")
        ordering = ["priority", "condition", "level"]
        constraints = [
            models.UniqueConstraint(name="alertrule_once", fields=["priority", "condition", "level"]),
            models.CheckConstraint(name="alertrule_level", condition=Q(level__gte=1, level__lte=LAST_LEVEL)),
            models.CheckConstraint(name="alertrule_has_recipients", condition=~Q(recipients=[])),
        ]

    def __str__(self) -> str:
        return f"{self.get_priority_display()}, {self.get_condition_display()}, {self.level}"


class AlertWatch(QuickWrite):
    """How far one condition of one ticket has come. `due_at` says when to look at it again, which may be too early but
    is never too late: what happens to the ticket moves the anchor, and counts nothing.
    """

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    """Unchecked by the database, which lets no ticket go: see `SlaClock`."""
    condition = models.CharField(max_length=16, choices=AlertCondition)
    cycle = models.PositiveIntegerField(default=0)
    anchor_at = models.DateTimeField(null=True)
    """What the thresholds are counted from; None: the condition does not apply."""
    next_level = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField(null=True)
    """None: nothing is to come, or nothing while the ticket stands as it does."""

    objects = AlertWatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("watch over a ticket")
        verbose_name_plural = _("watches over tickets")
        constraints = [
            models.UniqueConstraint(name="alertwatch_once", fields=["ticket", "condition"]),
            models.CheckConstraint(
                name="alertwatch_due_with_anchor", condition=Q(due_at__isnull=True) | Q(anchor_at__isnull=False)
            ),
        ]
        indexes = [models.Index(name="alertwatch_due", fields=["due_at"], condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.condition} {self.cycle}"


class MatrixWalk(models.Model):
    """Watches of one priority and condition are to be looked at by a cell that was edited, batch by batch."""

    id = models.BigAutoField(primary_key=True)
    priority = models.CharField(max_length=10, choices=Priority)
    condition = models.CharField(max_length=16, choices=AlertCondition)
    cursor = models.BigIntegerField(default=0)
    """The last watch that was come to."""
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("walk after a change of the matrix")
        verbose_name_plural = _("walks after changes of the matrix")
        constraints = [
            models.UniqueConstraint(
                name="matrixwalk_under_way", fields=["priority", "condition"], condition=Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_priority_display()}, {self.get_condition_display()}, {self.begun_at:%Y-%m-%d %H:%M}"


class Alert(FSMModelMixin, BaseModel):
    """One level of the matrix was reached on one ticket. Source: domain.md section 10."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), on_delete=models.PROTECT, related_name="alerts", db_index=False
    )
    condition = models.CharField(_("condition"), max_length=16, choices=AlertCondition)
    level = models.PositiveSmallIntegerField(_("level"))
    cycle = models.PositiveIntegerField(_("cycle"))
    triggered_at = models.DateTimeField(_("raised at"))
    status = FSMField(_("status"), max_length=12, choices=AlertStatus, default=S.OPEN, protected=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Agent,
        verbose_name=_("acknowledged by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True)
    recipients = models.ManyToManyField(
        Agent, verbose_name=_("recipients"), through="sla.AlertRecipient", related_name="alerts"
    )

    objects = AlertQuerySet.as_manager()
    history = audited_history(not_indexed=["ticket", "acknowledged_by"])

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(name="alert_once", fields=["ticket", "condition", "level", "cycle"]),
            models.CheckConstraint(
                name="alert_acknowledged",
                condition=Q(acknowledged_at__isnull=True, acknowledged_by__isnull=True)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
            ),
            models.CheckConstraint(
                name="alert_cleared",
                condition=Q(status=S.CLEARED, cleared_at__isnull=False)
                | ~Q(status=S.CLEARED) & Q(cleared_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(name="alert_standing", fields=["ticket"], condition=IS_STANDING),
            models.Index(name="alert_raised", fields=["triggered_at"]),
            models.Index(name="alert_newest", fields=["status", "-triggered_at", "-id"]),
            models.Index(name="alert_of_cell", fields=["condition", "level", "-triggered_at", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_condition_display()} {self.level}"

    @transition(field=status, source=S.OPEN, target=S.ACKNOWLEDGED)
    def acknowledge(self, *, by: Agent, at: datetime) -> None:
        self.acknowledged_by, self.acknowledged_at = by, at

    @transition(field=status, source=list(STANDING), target=S.CLEARED)
    def clear(self, *, at: datetime) -> None:
        self.cleared_at = at


for _name in ("acknowledge", "clear"):
    getattr(Alert, _name).alters_data = True


class AlertRecipient(models.Model):
    """Whom an alert is for, as they were when it was raised, and when they were told."""

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="sent_to", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+", db_index=False)
    tell_at = models.DateTimeField(null=True)
    """None: they were told, or of a higher level instead."""
    told_at = models.DateTimeField(null=True)
    """By a message about the alert, or by a reminder of the same promise that came before it."""
    is_open = models.BooleanField(default=True)
    """Whether the alert still waits for somebody's word; kept here so that one's own are found among all there were."""

    objects = AlertRecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient of an alert")
        verbose_name_plural = _("recipients of alerts")
        constraints = [models.UniqueConstraint(name="alertrecipient_once", fields=["alert", "agent"])]
        indexes = [
            models.Index(name="alertrecipient_untold", fields=["tell_at"], condition=Q(tell_at__isnull=False)),
            models.Index(name="alertrecipient_newest", fields=["agent", "-told_at"]),
            models.Index(name="alertrecipient_open", fields=["agent", "alert"], condition=Q(is_open=True)),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.agent_id}"
