from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models

from sla.enums import OPEN, ClockState

if TYPE_CHECKING:
    from sla.models import SlaClock  # noqa: F401


class SlaClockQuerySet(models.QuerySet["SlaClock"]):
    def open(self) -> Self:
        """Running or paused."""
        return self.filter(state__in=[str(state) for state in OPEN])

    def of_customer(self) -> Self:
        """Promises to the customer; those between teams are reported apart."""
        return self.filter(envelope__isnull=True)

    def of_tickets(self, ticket_ids: Collection[UUID]) -> Self:
        return self.filter(ticket__in=list(ticket_ids))

    def due(self, now: datetime) -> Self:
        """Running ones whose due moment has come, and nobody has noted it yet."""
        return self.filter(state=ClockState.RUNNING, breached_at__isnull=True, due_at__lte=now)
