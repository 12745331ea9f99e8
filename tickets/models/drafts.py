from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.models import BaseModel
from tickets.enums import DraftMode


class Draft(BaseModel):
    """What one person has written and not sent, for one ticket and one audience (ruling 5).

    It is theirs alone: nobody else reads it, and no act of anybody else changes or removes it. Its ticket and mode
    never change, so that a text can end up neither at another customer nor before other eyes.
    """

    person = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="drafts")  # only concerns the person
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="drafts", db_index=False)
    mode = models.CharField(_("mode"), max_length=10, choices=DraftMode)
    body_text = models.TextField(_("text"), blank=True)
    cc = models.TextField(_("Cc"), blank=True)
    """As typed, so perhaps no addresses yet."""

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(name="draft_once", fields=["ticket", "person", "mode"])]

    def __str__(self) -> str:
        return self.get_mode_display()
