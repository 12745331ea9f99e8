from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from sla.scores.models import ScoreOverride, TicketScore  # noqa: F401


class TicketScoreQuerySet(models.QuerySet["TicketScore"]):
    def due(self, now: datetime) -> Self:
        """Whose moment has passed: at the very moment nothing has changed yet."""
        return self.filter(next_change_at__lt=now).order_by("next_change_at")


class ScoreOverrideQuerySet(models.QuerySet["ScoreOverride"]):
    def standing(self) -> Self:
        """Not ended yet, also where their time has just come and nobody has noted it."""
        return self.filter(ended_at__isnull=True)
