from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from tickets.enums import PlacementCause
from tickets.models.ticket import Ticket
from tickets.models.timeline import TimelineEntry
from tickets.walls import PLACEMENT_WALLS


class Placement(models.Model):
    """Where an entry is shown from now on; the entry itself never changes (ruling 12). Append-only.

    The newest placement of an entry decides; an entry without one stands on the ticket it was written on.
    """

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)  # counted, since it is the order that decides
    entry = models.ForeignKey(TimelineEntry, on_delete=models.PROTECT, related_name="placements")
    from_ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="placements_from")
    to_ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="placements_to")
    cause = models.CharField(_("cause"), max_length=10, choices=PlacementCause)
    by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    has_ended_ticket = models.BooleanField(default=False)
    """Nothing else stood on `from_ticket`, so it was cancelled as a duplicate; the undo opens it again."""

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        triggers = PLACEMENT_WALLS
        constraints = [
            models.CheckConstraint(name="placement_elsewhere", condition=~Q(from_ticket=F("to_ticket"))),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.from_ticket_id} → {self.to_ticket_id}"
