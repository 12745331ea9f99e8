from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.history import audited_history
from core.models import BaseModel
from sla.client_reminders.planning import MOST
from tickets.enums import Priority
from tickets.models import Ticket

MOST_MINUTES = 60 * 24 * 366


class ClientReminderRule(BaseModel):
    """After how long the customer is asked again for whose answer a ticket waits. Source: domain.md section 10."""

    priority = models.CharField(_("priority"), max_length=10, choices=Priority, unique=True)
    interval_minutes = models.PositiveIntegerField(
        _("interval"),
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
        help_text=_("Business minutes since the ticket waits, then since the last reminder; three reminders at most."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = audited_history()

    class Meta:
        verbose_name = _("reminder to customers")
        verbose_name_plural = _("reminders to customers")
        ordering = ["interval_minutes"]
        constraints = [
            models.CheckConstraint(name="clientreminderrule_interval", condition=Q(interval_minutes__gte=1)),
        ]

    def __str__(self) -> str:
        return str(self.get_priority_display())


class ClientReminderWatch(models.Model):
    """How often the customer has been asked again since the ticket waits for them, and when to look at it again, which
    may be too early but is never too late.
    """

    ticket = models.OneToOneField(
        Ticket, primary_key=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    """Unchecked by the database, which lets no ticket go: see `SlaClock`."""
    anchor_at = models.DateTimeField()
    """What the interval counts from: they were asked, or asked again."""
    sent = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    """None: it is not the customer's turn, or they have been asked often enough."""

    class Meta:
        verbose_name = _("watch over a waiting ticket")
        verbose_name_plural = _("watches over waiting tickets")
        constraints = [models.CheckConstraint(name="clientreminderwatch_most", condition=Q(sent__lte=MOST))]
        indexes = [models.Index(name="clientreminderwatch_due", fields=["due_at"], condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.sent}"
