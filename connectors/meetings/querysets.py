from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.models import Agent, ApiClient
from connectors.meetings.enums import CopyState, MeetingStatus
from core.actors import Actor
from envelopes.models import Envelope
from tickets.models import Ticket

if TYPE_CHECKING:
    from connectors.meetings.models import CalendarCopy, Meeting  # noqa: F401  # they name the rows


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, actor: Actor) -> Self:
        """Those of tickets and envelopes whose thread `actor` may read (permissions.md, object rules 2 and 5)."""
        threads = Envelope.objects.thread_visible_to(actor).order_by().values("pk")
        tickets = Ticket.objects.visible_to(actor).order_by().values("pk") if _is_known(actor) else ()
        return self.filter(Q(envelope__isnull=True, ticket__in=tickets) | Q(envelope__in=threads))

    def with_all(self) -> Self:
        """With what is shown of them; no further query for any."""
        return self.select_related("ticket__team", "ticket__owner", "envelope", "arranged_by", "in_calendar")

    def of_ticket(self, ticket: Ticket) -> Self:
        """The ticket's own: an envelope's belong to its thread."""
        return self.filter(ticket=ticket, envelope__isnull=True)

    def ahead_of(self, agent: Agent, now: datetime) -> Self:
        """Those still to end that `agent` has arranged or is asked to."""
        is_theirs = Q(arranged_by=agent) | Q(attendees__contains=[agent.email.lower()])
        return self.filter(is_theirs, status=MeetingStatus.PLANNED, ends_at__gt=now)

    def for_update(self) -> Self:
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


def _is_known(actor: Actor) -> bool:
    return isinstance(actor, Agent | ApiClient)


class CalendarCopyQuerySet(models.QuerySet["CalendarCopy"]):
    def due(self, now: datetime) -> Self:
        """What may be handed over at `now` and nobody is handing over."""
        is_free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.filter(is_free, next_attempt_at__lte=now).order_by("next_attempt_at", "id")

    def waiting(self) -> Self:
        return self.filter(next_attempt_at__isnull=False)

    def to_look_at(self, now: datetime) -> Self:
        """Those whose calendar is to be asked what has become of them."""
        return self.filter(look_due_at__lte=now, state=CopyState.DONE).order_by("look_due_at", "id")
