from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models

from sla.enums import OPEN, ClockState

if TYPE_CHECKING:
    from sla.models import SlaClock  # noqa: F401
    from typing import TypeAlias

    Base: TypeAlias = "models.QuerySet[SlaClock]"
else:
    Base = models.QuerySet


class SlaClockQuerySet(Base):
    def open(self) -> "SlaClockQuerySet":
        """Running or paused."""
        return self.filter(state__in=[str(state) for state in OPEN])

    def of_customer(self) -> "SlaClockQuerySet":
        """Promises to the customer; those between teams are reported apart."""
        return self.filter(envelope__isnull=True)

    def of_tickets(self, ticket_ids: Collection[UUID]) -> "SlaClockQuerySet":
        return self.filter(ticket__in=list(ticket_ids))

    def due(self, now: datetime) -> "SlaClockQuerySet":
        """Running ones whose due moment has come, and nobody has noted it yet."""
        return self.filter(state=ClockState.RUNNING, breached_at__isnull=True, due_at__lte=now)
