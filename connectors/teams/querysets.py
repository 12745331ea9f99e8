from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from connectors.teams.models import ChannelPost  # noqa: F401  # names the rows


class ChannelPostQuerySet(models.QuerySet["ChannelPost"]):
    def due(self, now: datetime) -> Self:
        """What may be handed over at `now` and nobody is handing over."""
        is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.filter(is_free, next_attempt_at__lte=now).order_by("next_attempt_at", "id")

    def waiting(self) -> Self:
        return self.filter(next_attempt_at__isnull=False)
