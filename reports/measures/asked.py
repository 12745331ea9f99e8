"""What a figure is asked about: a period, whose work, which tickets; and the tickets that count at all.

Source: metrics.md section 1. The period is half-open. Cancelled tickets (spam, duplicates, withdrawn, created in error,
so merged ones too) never count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.functions import Coalesce

from accounts.models import Agent
from core.actors import Actor
from envelopes.models import Envelope
from reports.measures.hours import Hours, hours_of_teams
from tickets.enums import TicketStatus
from tickets.models import OwnershipTransfer, Ticket

BERLIN = ZoneInfo("Europe/Berlin")
Rows = QuerySet[Any]  # Any: annotated


@dataclass(frozen=True, kw_only=True)
class Asked:
    start: datetime
    end: datetime
    """From `start` on, before `end`; UTC or any zone."""
    now: datetime
    """What is open, late or provisional is so at this moment."""
    zone: ZoneInfo = BERLIN
    """By whose clocks a day begins."""
    teams: frozenset[UUID] | None = frozenset()
    """None: of all teams."""
    person: Agent | None = None
    """Only what this agent is answerable for, in whichever team."""
    reader: Actor | None = None
    """Who asks: there are verdicts that they must not know yet."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Values that tickets must have, by field: `type`, `priority`, `channel`."""

    @cached_property
    def hours(self) -> Hours:
        """Business hours of teams, read once for all figures that are asked together."""
        return hours_of_teams()

    def between(self, start: datetime, end: datetime) -> "Asked":
        """The same of another period; business hours are read once for both."""
        other = replace(self, start=start, end=end)
        vars(other)["hours"] = self.hours
        return other


def bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the beginning of `first` to the end of `last` by the clocks of `zone`, half-open; UTC."""
    start, end = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in (first, last + timedelta(days=1)))
    return start, end


def tickets(asked: Asked) -> Rows:
    """That count, whenever they were made. A person's are those they owned when they were resolved, else own now."""
    rows = Ticket.objects.exclude(status=TicketStatus.CANCELLED).filter(**asked.only)
    if asked.person is not None:
        return _of(rows, asked.person)
    return rows if asked.teams is None else rows.filter(team__in=asked.teams)


def _of(rows: Rows, person: Agent) -> Rows:
    handed_on = OwnershipTransfer.objects.filter(old_owner=person).order_by()
    later = OwnershipTransfer.objects.filter(ticket=OuterRef("pk"), created_at__gt=OuterRef("resolved_at"))
    rows = rows.filter(Q(owner=person) | Q(pk__in=handed_on.values("ticket")))
    owner_then = Coalesce(
        Subquery(later.order_by("created_at").values("old_owner")[:1]), F("owner"), output_field=UUIDField()
    )
    then: Rows = rows.alias(owner_then=owner_then).filter(owner_then=person.pk)
    return then


def within(asked: Asked, moment: str) -> Q:
    """That `moment`, a column, lies in the period."""
    return Q(**{f"{moment}__gte": asked.start, f"{moment}__lt": asked.end})


def resolved(asked: Asked) -> Rows:
    """Whose last resolution lies in the period."""
    return tickets(asked).filter(within(asked, "resolved_at"))


def envelopes(asked: Asked) -> Rows:
    """On tickets that count: of a team what is asked of it, or of who has it as the first; of a person what they
    have.
    """
    rows = Envelope.objects.exclude(ticket__status=TicketStatus.CANCELLED)
    rows = rows.filter(**{f"ticket__{name}": value for name, value in asked.only.items()})
    if asked.person is not None:
        return rows.filter(assigned_to=asked.person)
    if asked.teams is None:
        return rows
    return rows.filter(Q(team__in=asked.teams) | Q(team__isnull=True, assigned_to__primary_team__in=asked.teams))
