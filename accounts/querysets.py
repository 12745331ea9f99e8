from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Absence, Agent  # noqa: F401


class AgentQuerySet(models.QuerySet["Agent"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def for_update(self) -> Self:
        """Locked rows in the order of their ids, so that two transactions never wait for each other in a circle."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def standing(self) -> Self:
        return self.filter(cancelled_at__isnull=True)

    def on(self, day: date) -> Self:
        """Absences that cover the local date `day`."""
        return self.standing().filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)

    def overlapping(self, starts_on: date, ends_on: date | None) -> Self:
        """Absences that share a day with the period; `ends_on` None is open-ended."""
        found = self.standing().filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
        return found if ends_on is None else found.filter(starts_on__lte=ends_on)
