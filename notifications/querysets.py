from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from notifications.models import Notification  # noqa: F401


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)
