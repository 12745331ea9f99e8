from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from connectors.base.models import Connection  # noqa: F401  # names the rows


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def due_for_testing(self, now: datetime) -> Self:
        """Asked for by somebody, or not looked at for a while."""
        return self.filter(is_active=True, test_due_at__lte=now)

    def for_update(self) -> Self:
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)
