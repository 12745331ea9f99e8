from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from core.writing import QuickWrite
from sla.scores.enums import ScoreCode
from sla.scores.querysets import ScoreOverrideQuerySet, TicketScoreQuerySet
from tickets.models import Ticket

LEAST, MOST = 0, 1000
HIGHEST = 9999
"""Of a score that a person sets."""


class ScoreValue(BaseModel):
    """One number of the priority score, as admins have set it. Source: domain.md section 11."""

    code = models.CharField(_("what it is"), max_length=24, choices=ScoreCode, unique=True, editable=False)
    value = models.DecimalField(
        _("value"), max_digits=6, decimal_places=2, validators=[MinValueValidator(LEAST), MaxValueValidator(MOST)]
    )

    history = audited_history()

    class Meta:
        verbose_name = _("number of the priority score")
        verbose_name_plural = _("priority score")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(name="scorevalue_in_bounds", condition=Q(value__gte=LEAST, value__lte=MOST))
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class TicketScore(QuickWrite):
    """When time alone changes a ticket's score, which stands on the ticket itself. It may be too early, but is never
    too late.
    """

    ticket = models.OneToOneField(
        Ticket, primary_key=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    """Unchecked by the database, which lets no ticket go: see `SlaClock`."""
    next_change_at = models.DateTimeField(null=True)
    """None: only what happens to it changes it."""
    urgent_at = models.DateTimeField(null=True)
    """After this moment a promise to the customer is missed or has less than an hour of open time left."""
    unanswered_since = models.DateTimeField(null=True)
    """The first message of the customer after our last answer; None also before our first one."""

    objects = TicketScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score of a ticket")
        verbose_name_plural = _("scores of tickets")
        indexes = [
            models.Index(name="ticketscore_due", fields=["next_change_at"], condition=Q(next_change_at__isnull=False))
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)


class ScoreOverride(BaseModel):
    """A person's word instead of the computed score, for a time. Source: domain.md section 11."""

    ticket = models.ForeignKey(
        Ticket, verbose_name=_("ticket"), on_delete=models.PROTECT, related_name="score_overrides", db_index=False
    )
    score = models.DecimalField(
        _("score"), max_digits=9, decimal_places=2, validators=[MinValueValidator(0), MaxValueValidator(HIGHEST)]
    )
    reason = models.TextField(_("reason"))
    until = models.DateTimeField(_("until"))
    by = models.ForeignKey(Agent, verbose_name=_("set by"), on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        Agent,
        verbose_name=_("ended by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    """None: its time was over, or another one took its place."""

    objects = ScoreOverrideQuerySet.as_manager()
    history = audited_history(not_indexed=["ticket", "by", "ended_by"])

    class Meta:
        verbose_name = _("score set by a person")
        verbose_name_plural = _("scores set by people")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                name="scoreoverride_one_standing", fields=["ticket"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="scoreoverride_in_bounds", condition=Q(score__gte=0, score__lte=HIGHEST) & ~Q(reason="")
            ),
        ]
        indexes = [models.Index(name="scoreoverride_of_ticket", fields=["ticket", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.score} {self.until:%Y-%m-%d %H:%M}"
