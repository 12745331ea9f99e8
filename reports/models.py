from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from core.models import new_id
from core.walls import append_only


class BacklogSnapshot(models.Model):
    """That the open tickets of a day were written down, at its first sweep, so that trends do not shift when tickets
    change later (metrics.md M16). Append-only.
    """

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    on = models.DateField(_("day"), unique=True)
    """By the desk's clock; one snapshot a day, whoever takes it."""
    taken_at = models.DateTimeField(_("taken at"), default=timezone.now)

    class Meta:
        verbose_name = _("backlog of a day")
        verbose_name_plural = _("backlogs of days")
        ordering = ["-on"]
        triggers = append_only("backlogsnapshot")

    def __str__(self) -> str:
        return str(self.on)


class BacklogShare(models.Model):
    """Of one team: the tickets that were open then and their ages, in the same order. Append-only.

    The tickets stand in arrays, as a row a ticket and day would be a hundred times the room, and a trend over any teams
    takes its percentiles from all of their ages.
    """

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    snapshot = models.ForeignKey(BacklogSnapshot, on_delete=models.PROTECT, related_name="shares", db_index=False)
    team = models.ForeignKey(Team, verbose_name=_("team"), on_delete=models.PROTECT, related_name="+", db_index=False)
    is_waiting = models.BooleanField(_("waiting for the customer"))
    ticket_ids = ArrayField(models.UUIDField())
    ages_seconds = ArrayField(models.PositiveIntegerField())

    class Meta:
        verbose_name = _("team's part of a backlog")
        verbose_name_plural = _("teams' parts of backlogs")
        triggers = append_only("backlogshare")
        constraints = [
            models.UniqueConstraint(name="backlogshare_once", fields=["snapshot", "team", "is_waiting"]),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.team_id}"
