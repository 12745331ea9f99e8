from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.selectors import reach_of
from connectors.mail.enums import MailState
from core.actors import Actor

if TYPE_CHECKING:
    from connectors.mail.models import Brake, Mailbox, MailMessage  # noqa: F401


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def active(self) -> Self:
        return self.filter(is_active=True, team__is_active=True)

    def due_for_polling(self, now: datetime) -> Self:
        """Nobody reads it just now, and no pause after a failure or between two looks is left."""
        return self.filter(
            Q(next_poll_at__isnull=True) | Q(next_poll_at__lte=now),
            Q(polled_until__isnull=True) | Q(polled_until__lte=now),
        )

    def visible_to(self, actor: Actor) -> Self:
        """Mailboxes of one's teams, as their ledgers (ruling 19)."""
        reach = reach_of(actor)
        return self if reach.sees_everything else self.filter(team__in=reach.teams)


class MailMessageQuerySet(models.QuerySet["MailMessage"]):
    def visible_to(self, actor: Actor) -> Self:
        """Ledger rows of the mailboxes of one's teams (ruling 19)."""
        reach = reach_of(actor)
        if reach.sees_everything:
            return self
        return self.filter(mailbox__team__in=reach.teams)

    def due(self, now: datetime) -> Self:
        """Received and without an outcome, left by nobody who still works on it."""
        return (
            self.filter(state=MailState.RECEIVED, next_attempt_at__lte=now)
            .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
            .order_by("next_attempt_at", "id")
        )


class BrakeQuerySet(models.QuerySet["Brake"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the mailboxes whose ledger one sees."""
        reach = reach_of(actor)
        if reach.sees_everything:
            return self
        return self.filter(mailbox__team__in=reach.teams)

    def holding(self, at: datetime) -> Self:
        return self.filter(lifted_at__isnull=True, until__gt=at)
