from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent, BusinessCalendar, Company, Contact
from core.history import audited_history
from core.models import BaseModel, new_id
from core.walls import append_only
from core.writing import QuickWrite
from envelopes.models import Envelope
from sla.enums import OPEN, ClockState, Metric, PauseReason
from sla.models.policies import SlaPolicy
from sla.querysets import SlaClockQuerySet
from sla.states import FactKind
from sla.walls import CLOCK_WALLS
from tickets.models import Ticket

IS_OPEN = Q(state__in=[str(state) for state in OPEN])
WAITING = PauseReason.WAITING_CUSTOMER


class CalendarEdition(models.Model):
    """A business calendar as it stood, so that what was counted by it can be counted again. Its id follows from what
    it holds: equal editions are one.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, editable=False)
    calendar = models.ForeignKey(BusinessCalendar, on_delete=models.PROTECT, related_name="editions")
    content = models.JSONField()
    """Zone, windows by weekday, holidays with their names (`sla.records`)."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("edition of a calendar")
        verbose_name_plural = _("editions of calendars")
        triggers = append_only("calendaredition")

    def __str__(self) -> str:
        return f"{self.calendar_id} {self.created_at:%Y-%m-%d %H:%M}"


class ClockFact(QuickWrite):
    """Something that a ticket's clocks follow from; all of a ticket's, in their order, give its clocks
    (`sla.fold`).
    """

    append_only: ClassVar[bool] = True

    seq = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, related_name="clock_facts", db_index=False, db_constraint=False
    )
    """Unchecked by the database, which lets no ticket go: see `SlaClock`."""
    envelope = models.ForeignKey(Envelope, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=[(str(kind), str(kind)) for kind in FactKind])
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("fact about clocks")
        verbose_name_plural = _("facts about clocks")
        ordering = ["seq"]
        triggers = append_only("clockfact")
        indexes = [models.Index(name="clockfact_of_ticket", fields=["ticket", "seq"])]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"


class SlaClock(QuickWrite):
    """One running measurement of one metric on a ticket or one of its envelopes. Source: domain.md section 9.

    Written by `sla.services` alone, from the facts. Of a paused one `due_at` is when it would have been due had it gone
    on at once; nothing is missed while it stands still.

    What every new ticket's clocks refer to is not checked by the database: each check locks the row referred to, which
    for policy and calendar is the same one for all tickets, and walls let none of these rows go.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, related_name="sla_clocks", db_index=False, db_constraint=False
    )
    envelope = models.ForeignKey(
        Envelope, null=True, on_delete=models.PROTECT, related_name="sla_clocks", db_index=False
    )
    policy = models.ForeignKey(
        SlaPolicy, on_delete=models.PROTECT, related_name="clocks", db_index=False, db_constraint=False
    )
    hours = models.ForeignKey(
        CalendarEdition, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    metric = models.CharField(_("metric"), max_length=16, choices=Metric)
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=ClockState, default=ClockState.RUNNING)
    target_minutes = models.PositiveIntegerField(_("target"))
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due at"))
    at_risk_at = models.DateTimeField(_("at risk from"))
    paused_at = models.DateTimeField(null=True)
    paused_seconds = models.PositiveIntegerField(default=0)
    elapsed_seconds = models.PositiveIntegerField(default=0)
    """Open time used up, and open time that pauses kept out, when the clock last stood still or ended."""
    completed_at = models.DateTimeField(_("completed at"), null=True)
    breached_at = models.DateTimeField(_("missed at"), null=True)
    breached_by_retarget = models.BooleanField(_("missed by a change of target"), default=False)

    objects = SlaClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("SLA clock")
        verbose_name_plural = _("SLA clocks")
        triggers = CLOCK_WALLS
        constraints = [
            models.UniqueConstraint(
                name="slaclock_once", fields=["ticket", "envelope", "metric", "cycle"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="slaclock_of_help",
                condition=Q(metric__startswith="ola_", envelope__isnull=False)
                | (~Q(metric__startswith="ola_") & Q(envelope__isnull=True)),
            ),
            models.CheckConstraint(
                name="slaclock_completed",
                condition=Q(state=ClockState.COMPLETED, completed_at__isnull=False)
                | (~Q(state=ClockState.COMPLETED) & Q(completed_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                name="slaclock_due",
                fields=["due_at"],
                condition=Q(state=ClockState.RUNNING, breached_at__isnull=True),
            ),
            models.Index(
                name="slaclock_at_risk",
                fields=["at_risk_at"],
                condition=Q(state=ClockState.RUNNING, breached_at__isnull=True, envelope__isnull=True),
            ),
            models.Index(name="slaclock_missed", fields=["ticket"], condition=IS_OPEN & Q(breached_at__isnull=False)),
            models.Index(
                name="slaclock_decided",
                fields=["due_at"],
                condition=Q(state=ClockState.COMPLETED) | Q(breached_at__isnull=False),
            ),
            models.Index(
                name="slaclock_completed_at",
                fields=["completed_at"],
                condition=Q(state=ClockState.COMPLETED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_metric_display()} {self.cycle}"


class SlaPause(BaseModel):
    """Time in which a ticket's promises stand still: the customer's turn, or by a supervisor's word (`by`, `note`)."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="sla_pauses")
    reason = models.CharField(_("reason"), max_length=24, choices=PauseReason)
    from_at = models.DateTimeField(_("from"))
    to_at = models.DateTimeField(_("to"), null=True, blank=True)
    until = models.DateTimeField(_("ends by itself"), null=True, blank=True)
    by = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    note = models.TextField(_("note"), blank=True)

    history = audited_history(not_indexed=["by", "ended_by"])

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["from_at"]
        constraints = [
            models.CheckConstraint(name="slapause_order", condition=Q(to_at__isnull=True) | Q(to_at__gte=F("from_at"))),
            models.CheckConstraint(
                name="slapause_approved_ends_by_itself",
                condition=Q(reason=WAITING, until__isnull=True) | (~Q(reason=WAITING) & Q(until__isnull=False)),
            ),
            models.UniqueConstraint(
                name="slapause_one_waiting", fields=["ticket"], condition=Q(to_at__isnull=True, reason=WAITING)
            ),
            models.UniqueConstraint(
                name="slapause_one_approved", fields=["ticket"], condition=Q(to_at__isnull=True) & ~Q(reason=WAITING)
            ),
        ]
        indexes = [
            models.Index(name="slapause_ends", fields=["until"], condition=Q(to_at__isnull=True, until__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.from_at:%Y-%m-%d %H:%M}"


class TermsWalk(models.Model):
    """Open tickets are to be put under what is promised now, batch by batch: all of them after policies or calendars
    were edited, those of one customer after their tier changed, those on which one person alone is asked for help after
    their hours changed.
    """

    id = models.BigAutoField(primary_key=True)
    book = models.CharField(max_length=32, blank=True)
    """Of the whole walk: the state of policies and calendars that it follows."""
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    company = models.ForeignKey(Company, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    cursor = models.UUIDField(null=True)
    """The last ticket that was looked at."""
    missed = ArrayField(models.UUIDField(), default=list)
    """Tickets that failed to follow; they are tried again when the walk has ended."""
    begun_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("walk after a change of terms")
        verbose_name_plural = _("walks after changes of terms")
        indexes = [
            models.Index(name="termswalk_under_way", fields=["id"], condition=Q(ended_at__isnull=True)),
            models.Index(name="termswalk_missed", fields=["id"], condition=~Q(missed=[])),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.begun_at:%Y-%m-%d %H:%M}"
