from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Q

if TYPE_CHECKING:
    from notifications.models import Delivery, Notification  # noqa: F401


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)

    def unplanned(self) -> Self:
        return self.filter(planned_at__isnull=True)


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        """To be handed over by `now`, and in no other worker's hands, oldest first."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.filter(free, next_attempt_at__lte=now).order_by("next_attempt_at", "pk")

    def gathering(self) -> Self:
        """Not let go yet: what is in them may still change."""
        return self.filter(next_attempt_at__isnull=False, released_at__isnull=True)

    def failed(self) -> Self:
        return self.filter(failed_at__isnull=False)

    def waiting(self) -> Self:
        return self.filter(next_attempt_at__isnull=False)

    def counted(self) -> Self:
        """With `size`, how many notifications are in each."""
        return self.annotate(size=Count("items"))
