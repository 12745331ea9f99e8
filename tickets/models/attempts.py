from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from tickets.enums import AttemptOutcome
from tickets.models.ticket import Ticket
from tickets.models.timeline import TimelineEntry
from tickets.walls import ATTEMPT_WALLS


class AttemptMark(models.Model):
    """Somebody said of an entry that what it tells worked, did not work, or is no attempt after all. Append-only: the
    newest mark of an entry decides, the former ones are its history.
    """

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)  # counted, since it is the order that decides
    entry = models.ForeignKey(TimelineEntry, on_delete=models.PROTECT, related_name="attempt_marks")
    home = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+")
    """The ticket the entry was written on, wherever it stands now: the marks of a ticket are found by it."""
    outcome = models.CharField(_("outcome"), max_length=10, choices=AttemptOutcome)
    by = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    by_name = models.CharField(_("name"), max_length=255)
    """As they are called today; programs, which are no agents, by this name alone."""
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        triggers = ATTEMPT_WALLS

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.outcome}"
