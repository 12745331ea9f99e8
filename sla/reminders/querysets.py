from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.models import Agent
from accounts.selectors import reach_of
from sla.reminders.enums import AUTOMATIC, OPEN, ReminderStatus

if TYPE_CHECKING:
    from sla.reminders.models import InactivityCheck, Reminder  # noqa: F401


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def handled_by(self, agent: Agent) -> Self:
        """The own ones, and what the desk reminds of for an absent colleague whose tickets `agent` covers today: it is
        about the ticket's work. What a person has written down for themselves stays theirs alone.
        """
        covered = Q(agent__in=reach_of(agent).covers, kind__in=AUTOMATIC)
        return self.filter(Q(agent=agent) | covered) if reach_of(agent).covers else self.filter(agent=agent)

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def told(self) -> Self:
        """Without the desk's own that are not due yet: there is nothing to say of them before, and often not then."""
        return self.exclude(status=ReminderStatus.PENDING, kind__in=AUTOMATIC)

    def automatic_on(self, ticket_ids: Collection[UUID]) -> Self:
        return self.filter(ticket__in=list(ticket_ids), kind__in=AUTOMATIC)

    def due(self, now: datetime) -> Self:
        """What is to be brought up at `now`, the longest due first."""
        pending = Q(status=ReminderStatus.PENDING, trigger_at__lte=now)
        return self.filter(pending | Q(status=ReminderStatus.SNOOZED, snooze_until__lte=now)).in_order()

    def in_order(self) -> Self:
        """By when it wants attention."""
        return self.annotate(due_at=Coalesce("snooze_until", "trigger_at")).order_by("due_at", "id")


class InactivityCheckQuerySet(models.QuerySet["InactivityCheck"]):
    def due(self, now: datetime) -> Self:
        return self.filter(due_at__lte=now).order_by("due_at")
