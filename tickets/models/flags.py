from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.history import audited_history
from core.models import BaseModel
from tickets.enums import FlagCause, FlagType, Sentiment
from tickets.models.ticket import Ticket

IS_ACTIVE = Q(cleared_at__isnull=True)


class CaseFlag(BaseModel):
    """What sets a case apart, until it is cleared. Source: domain.md section 12."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="case_flags")
    type = models.CharField(_("type"), max_length=20, choices=FlagType)
    reason = models.TextField(_("reason"))
    cause = models.CharField(max_length=10, choices=FlagCause, blank=True, editable=False)
    """Why the desk itself has set it; empty for whatever somebody has said."""
    added_by = models.ForeignKey(
        Agent, verbose_name=_("added by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    added_by_name = models.CharField(_("added by"), max_length=255)
    """As they are called today; programs and the desk itself, which are no agents, by this name alone."""
    cleared_at = models.DateTimeField(_("cleared at"), null=True, blank=True, editable=False)
    cleared_by = models.ForeignKey(
        Agent, verbose_name=_("cleared by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cleared_by_name = models.CharField(_("cleared by"), max_length=255, blank=True)
    clear_reason = models.TextField(_("why it was cleared"), blank=True)
    waiver_reason = models.TextField(_("why there is no photo"), blank=True)
    """Of physical damage: compensation is possible without a photo."""
    sentiment = models.CharField(_("sentiment"), max_length=10, choices=Sentiment, blank=True)
    """Of social media: recorded before the ticket is resolved."""

    history = audited_history(not_indexed=["added_by", "cleared_by"])

    class Meta:
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(name="caseflag_once_active", fields=["ticket", "type"], condition=IS_ACTIVE),
            models.CheckConstraint(
                name="caseflag_cleared_with_reason",
                condition=Q(cleared_at__isnull=True, clear_reason="", cleared_by__isnull=True)
                | Q(cleared_at__isnull=False) & ~Q(clear_reason=""),
            ),
            models.CheckConstraint(name="caseflag_has_reason", condition=~Q(reason="")),
        ]
        indexes = [models.Index(name="caseflag_active", fields=["type", "ticket"], condition=IS_ACTIVE)]

    def __str__(self) -> str:
        return self.get_type_display()

    @property
    def is_active(self) -> bool:
        return self.cleared_at is None

    @property
    def shown_reason(self) -> str:
        """In the reader's language, where the desk itself has set the flag."""
        return str(FlagCause(self.cause).label) if self.cause else self.reason
