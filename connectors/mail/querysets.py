from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

from accounts.models import Agent
from accounts.selectors import reach_of
from connectors.mail.enums import FAILURES, MailState, Station
from core.actors import Actor
from envelopes.models import Envelope

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

    def read_soon(self, ids: Collection[UUID], *, now: datetime) -> int:
        """Have them read without the pause between two looks; one that follows a failure stays."""
        return self.filter(pk__in=ids, failed_polls=0, next_poll_at__gt=now).update(next_poll_at=now)

    def visible_to(self, actor: Actor) -> Self:
        """Mailboxes of one's teams, as their ledgers (ruling 19)."""
        reach = reach_of(actor)
        return self if reach.sees_everything else self.filter(team__in=reach.teams)


class MailMessageQuerySet(models.QuerySet["MailMessage"]):
    def visible_to(self, actor: Actor) -> Self:
        """Ledger rows of the mailboxes of one's teams (ruling 19), without those of envelopes that one may not read.
        What waits for several owners, none of whom reads all of it, is the managers' of the mailbox's team.
        """
        reach = reach_of(actor)
        if reach.sees_everything:
            return self
        found = Q(~Exists(_sealed_from(actor)), mailbox__team__in=reach.teams)
        if reach.managed:
            waits = Q(state__in=[MailState.QUARANTINED, MailState.RECEIVED], mailbox__team__in=reach.managed)
            found |= waits & Q(Exists(_of_several_owners()))
        return self.filter(found)

    def openable_by(self, actor: Actor) -> Self:
        """As `visible_to`, and what came by others' mailboxes about envelopes that one answers for. For single rows: no
        index serves it.
        """
        if reach_of(actor).sees_everything:
            return self
        shown = Q(pk__in=type(self)(self.model).visible_to(actor).order_by().values("pk"))
        return self.filter(shown | Q(Exists(_links_of_row())) & ~Q(Exists(_not_answered_for_by(actor))))

    def standing_at(self, places: Collection[str]) -> Self:
        """Those in one of these states or at one of these stations."""
        found = Q(state__in=[place for place in places if place in MailState.values])
        if Station.PARSED in places:
            found |= Q(state=MailState.RECEIVED) & ~Q(last_error="")  # what cannot be read goes to quarantine at once
        if Station.FAILED in places:
            found |= Q(state=MailState.QUARANTINED, reason__in=FAILURES)
        return self.filter(found)

    def due(self, now: datetime) -> Self:
        """Received and without an outcome, left by nobody who still works on it."""
        return (
            self.filter(state=MailState.RECEIVED, next_attempt_at__lte=now)
            .filter(Q(leased_until__isnull=True) | Q(leased_until__lte=now))
            .order_by("next_attempt_at", "id")
        )


def _sealed_from(actor: Actor) -> models.QuerySet[Any]:
    """What a mail has to do with an envelope whose thread the actor does not read (permissions.md, object rule 5)."""
    readable = Envelope.objects.thread_visible_to(actor).order_by().values("pk")
    return _links_of_row().exclude(envelope__in=readable)


def _not_answered_for_by(actor: Actor) -> models.QuerySet[Any]:
    """Envelopes of tickets that the actor neither owns, covers nor oversees."""
    reach = reach_of(actor)
    owners = reach.covers | ({actor.pk} if isinstance(actor, Agent) and actor.is_active else set())
    own = Q(envelope__ticket__owner__in=owners) | Q(envelope__ticket__team__in=reach.overseen)
    return _links_of_row().exclude(own)


def _of_several_owners() -> models.QuerySet[Any]:
    owners = Count("envelope__ticket__owner", distinct=True)
    found: models.QuerySet[Any] = _links_of_row().order_by().values("message").annotate(owners=owners)
    return found.filter(owners__gt=1)


def _links_of_row() -> models.QuerySet[Any]:
    links: Any = apps.get_model("mail", "EnvelopeMail")._default_manager  # noqa: SLF001  # models lie above
    found: models.QuerySet[Any] = links.filter(message=OuterRef("pk"))
    return found


class BrakeQuerySet(models.QuerySet["Brake"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of the mailboxes whose ledger one sees."""
        reach = reach_of(actor)
        if reach.sees_everything:
            return self
        return self.filter(mailbox__team__in=reach.teams)

    def holding(self, at: datetime) -> Self:
        return self.filter(lifted_at__isnull=True, until__gt=at)
