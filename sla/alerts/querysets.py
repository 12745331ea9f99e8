from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Prefetch

from accounts.models import Agent
from sla.alerts.enums import STANDING, AlertStatus

if TYPE_CHECKING:
    from sla.alerts.models import Alert, AlertRecipient, AlertWatch  # noqa: F401

STATES = [str(status) for status in STANDING]


class AlertWatchQuerySet(models.QuerySet["AlertWatch"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")

    def of_tickets(self, ticket_ids: Collection[UUID]) -> Self:
        return self.filter(ticket__in=list(ticket_ids))


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """Nobody has acknowledged them, and their reason stands."""
        return self.filter(status=AlertStatus.OPEN)

    def standing(self) -> Self:
        """Open or acknowledged."""
        return self.filter(status__in=STATES)

    def with_people(self) -> Self:
        """With whom they are for and who has acknowledged them. One query more."""
        recipients = Prefetch("recipients", Agent.objects.order_by("name", "pk"))
        return self.select_related("acknowledged_by").prefetch_related(recipients)


class AlertRecipientQuerySet(models.QuerySet["AlertRecipient"]):
    def untold(self, now: datetime) -> Self:
        return self.filter(tell_at__lte=now)
