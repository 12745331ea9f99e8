from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.models import BaseModel
from tickets.enums import BulkKind, BulkStage, BulkState


class BulkAct(BaseModel):
    """One person's receipt for an act on many tickets: what was asked for, and by its outcomes what became of it.

    The tickets' own histories say what happened to them; this is what the person reads, and undoes by.
    """

    person = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="bulk_acts")  # only concerns the person
    kind = models.CharField(_("act"), max_length=12, choices=BulkKind)
    values = models.JSONField(default=dict)
    """What was asked for, as JSON: names and ids."""
    total = models.PositiveIntegerField(default=0)
    """How many tickets it is about."""
    undone_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=8, choices=BulkStage, default=BulkStage.DONE)
    """Of the act, or once `undone_at` is set of its undo."""
    leased_until = models.DateTimeField(null=True, blank=True)
    """So long a request or a worker has it for itself; what one that died has left is taken over then."""
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("act on many tickets")
        verbose_name_plural = _("acts on many tickets")
        indexes = [
            models.Index(
                name="bulkact_due", fields=["created_at"], condition=Q(stage__in=[BulkStage.QUEUED, BulkStage.RUNNING])
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class BulkOutcome(models.Model):
    """What became of one ticket in it; written in the transaction of the ticket's own act."""

    id = models.BigAutoField(primary_key=True)
    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="outcomes")
    ticket = models.ForeignKey(
        "tickets.Ticket", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    """Empty if there is none of this reference in the person's sight."""
    reference = models.CharField(_("reference"), max_length=20)
    state = models.CharField(_("outcome"), max_length=10, choices=BulkState)
    detail = models.TextField(_("reason"), blank=True)
    """Of a refusal, in the language the person then had."""
    before = models.JSONField(default=dict)
    """What an undo needs."""
    attempts = models.PositiveSmallIntegerField(default=0)
    """That failed by a fault of ours."""
    due_at = models.DateTimeField(null=True, blank=True)
    """Of the next attempt; until then the others are done."""

    class Meta:
        verbose_name = _("outcome for a ticket")
        verbose_name_plural = _("outcomes for tickets")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.reference}: {self.get_state_display()}"
