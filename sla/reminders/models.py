from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from core.writing import QuickWrite
from sla.reminders.enums import AUTOMATIC, OPEN, Frequency, ReminderKind, ReminderStatus
from sla.reminders.querysets import InactivityCheckQuerySet, ReminderQuerySet
from sla.reminders.recurrence import MOST_BETWEEN, Recurrence
from tickets.models import Ticket

S = ReminderStatus


class Reminder(FSMModelMixin, BaseModel):
    """Something one person wants to be told at its time, or the desk tells the owner of a ticket. Source: domain.md
    section 13.
    """

    agent = models.ForeignKey(Agent, verbose_name=_("agent"), on_delete=models.PROTECT, related_name="reminders")
    ticket = models.ForeignKey(
        Ticket,
        verbose_name=_("ticket"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reminders",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=24, choices=ReminderKind)
    message = models.CharField(_("message"), max_length=500, blank=True)
    """In the words of its person; what the desk reminds of has its words from `wording`."""
    trigger_at = models.DateTimeField(_("due"))
    status = FSMField(_("status"), max_length=10, choices=ReminderStatus, default=S.PENDING, protected=True)
    snooze_until = models.DateTimeField(_("snoozed until"), null=True, blank=True)
    triggered_at = models.DateTimeField(_("brought up at"), null=True, blank=True)
    """Last."""
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    frequency = models.CharField(_("recurs"), max_length=8, choices=Frequency, blank=True)
    interval = models.PositiveSmallIntegerField(
        _("every"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_BETWEEN)]
    )
    end_on = models.DateField(_("last day"), null=True, blank=True)
    recurs_from = models.CharField(max_length=26, blank=True, editable=False)
    """Of a recurring one: its first run by the clock on the wall of its person, ISO 8601 without a zone. It stays nine
    o'clock when they move to another zone, and the 31st after a February.
    """
    cycle = models.CharField(max_length=100, blank=True, editable=False)
    """Of an automatic one: for what it is made once, such as one clock and its target."""
    is_withdrawn = models.BooleanField(default=False, editable=False)
    """Cancelled by the desk, as its reason was gone; it comes back with the reason."""
    created_by = models.ForeignKey(
        Agent, verbose_name=_("created by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: the desk."""

    objects = ReminderQuerySet.as_manager()
    history = audited_history(not_indexed=["agent", "ticket", "created_by"])

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                name="reminder_once_a_cycle",
                fields=["ticket", "kind", "cycle"],
                condition=Q(is_withdrawn=False) & ~Q(cycle=""),
            ),
            models.CheckConstraint(
                name="reminder_automatic_has_cycle",
                condition=Q(kind__in=[str(kind) for kind in AUTOMATIC], ticket__isnull=False) & ~Q(cycle="")
                | ~Q(kind__in=[str(kind) for kind in AUTOMATIC]) & Q(cycle=""),
            ),
            models.CheckConstraint(
                name="reminder_snoozed_until",
                condition=Q(status=S.SNOOZED, snooze_until__isnull=False)
                | ~Q(status=S.SNOOZED) & Q(snooze_until__isnull=True),
            ),
            models.CheckConstraint(
                name="reminder_recurs_from",
                condition=Q(frequency="", recurs_from="", end_on__isnull=True) | ~Q(frequency="") & ~Q(recurs_from=""),
            ),
            models.CheckConstraint(name="reminder_interval", condition=Q(interval__gte=1, interval__lte=MOST_BETWEEN)),
        ]
        indexes = [
            models.Index(
                name="reminder_open", fields=["agent"], condition=Q(status__in=[str(status) for status in OPEN])
            ),
            models.Index(name="reminder_pending", fields=["trigger_at"], condition=Q(status=S.PENDING)),
            models.Index(name="reminder_snoozed", fields=["snooze_until"], condition=Q(status=S.SNOOZED)),
            models.Index(name="reminder_triggered", fields=["agent"], condition=Q(status=S.TRIGGERED)),
            models.Index(name="reminder_of_ticket", fields=["ticket"], condition=Q(ticket__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.trigger_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_automatic(self) -> bool:
        return self.kind in AUTOMATIC

    @property
    def wanted_at(self) -> datetime:
        """When it wants attention, UTC."""
        return self.snooze_until or self.trigger_at

    @property
    def recurrence(self) -> Recurrence | None:
        if not self.frequency:
            return None
        frequency: Any = str(self.frequency)  # one of its names
        return Recurrence(frequency, self.interval, datetime.fromisoformat(self.recurs_from), self.end_on)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.agent.timezone)

    @transition(field=status, source=[S.PENDING, S.SNOOZED], target=S.TRIGGERED)
    def trigger(self, *, at: datetime) -> None:
        self.triggered_at, self.snooze_until = at, None

    @transition(field=status, source=[S.TRIGGERED, S.SNOOZED], target=S.SNOOZED)
    def snooze(self, *, until: datetime) -> None:
        self.snooze_until = until

    @transition(field=status, source=list(OPEN), target=S.PENDING)
    def move(self, *, to: datetime) -> None:
        self.trigger_at, self.snooze_until = to, None

    @transition(field=status, source=list(OPEN), target=S.COMPLETED)
    def complete(self, *, at: datetime) -> None:
        self.ended_at, self.snooze_until = at, None

    @transition(field=status, source=list(OPEN), target=S.CANCELLED)
    def cancel(self, *, at: datetime, is_withdrawn: bool = False) -> None:
        self.ended_at, self.snooze_until, self.is_withdrawn = at, None, is_withdrawn

    @transition(field=status, source=S.CANCELLED, target=S.TRIGGERED)
    def bring_back(self) -> None:
        """A withdrawn one that had been brought up: it is in front of its person again, who is told nothing new."""
        self.ended_at, self.is_withdrawn = None, False


for _name in ("trigger", "snooze", "move", "complete", "cancel", "bring_back"):
    getattr(Reminder, _name).alters_data = True


class InactivityCheck(QuickWrite):
    """When an owned, open ticket is to be looked at again for want of activity. Activity moves no row: whoever looks
    finds that something has happened, and looks again as much later.
    """

    ticket = models.OneToOneField(Ticket, primary_key=True, on_delete=models.CASCADE, related_name="+")  # part of it
    due_at = models.DateTimeField()

    objects = InactivityCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("look at an idle ticket")
        verbose_name_plural = _("looks at idle tickets")
        indexes = [models.Index(name="inactivitycheck_due", fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.due_at:%Y-%m-%d %H:%M} UTC"


class CalendarFeed(BaseModel):
    """The secret address at which a calendar program reads one's own reminders; the address itself is not kept."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="+")  # nothing without them
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    """SHA-256, as hexadecimal digits."""

    history = audited_history(excluded_fields=["token_hash"])

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return str(self.agent)

    @staticmethod
    def hash_of(token: str) -> str:
        """What is kept of an address; it is too long to be guessed from this."""
        return sha256(token.encode()).hexdigest()
