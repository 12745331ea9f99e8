"""How a ticket's promises stand, in SQL: for filters, which look them up by indexes, and for the columns of boards.

As `sla.selectors.worst` tells it of one ticket: of the open promises to the customer the one that is worst off.
"""

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, CharField, Exists, IntegerField, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from sla.enums import ClockState
from sla.models import SlaClock
from tickets.enums import SlaStatus
from tickets.filters import NONE


def standing_as(values: Collection[str]) -> Q:
    """Tickets whose promises stand in one of these ways (`SlaStatus`); `NONE`: on which none is open."""
    now = timezone.now()
    ways = [_standing(status, now) for status in SlaStatus if status in values]
    if NONE in values:
        ways.append(Q(~Exists(_open())))
    return reduce(or_, ways, Q(pk__in=[]))


def standing_key() -> Coalesce:
    """The same of each ticket as a text, `NONE` without an open promise: one look into an index a ticket."""
    ranks = {status: rank for rank, status in enumerate(SlaStatus)}
    now = timezone.now()
    rank = Case(
        *(When(_is(status, now), then=ranks[status]) for status in ranks),
        default=len(ranks),
        output_field=IntegerField(),
    )
    key = Case(*(When(worst=place, then=Value(str(status))) for status, place in ranks.items()))
    worst = _open().order_by().values("ticket").annotate(worst=Min(rank)).annotate(key=key).values("key")
    return Coalesce(Subquery(worst), Value(NONE), output_field=CharField())


def _open() -> Any:
    return SlaClock.objects.filter(ticket=OuterRef("pk")).open().of_customer()


def _standing(status: SlaStatus, now: datetime) -> Q:
    """With a promise that stands so, and none that is worse off."""
    worse = list(SlaStatus)[: list(SlaStatus).index(status)]
    stands = Q(Exists(_open().filter(_is(status, now))))
    return stands & Q(~Exists(_open().filter(reduce(or_, [_is(one, now) for one in worse])))) if worse else stands


def _is(status: SlaStatus, now: datetime) -> Q:
    """Of one open clock, as `sla.selectors.indicator_of`, save that what is worse is not taken out."""
    running, unnoted = Q(state=ClockState.RUNNING), Q(breached_at__isnull=True)
    match status:
        case SlaStatus.BREACHED:
            return Q(breached_at__isnull=False) | (running & unnoted & Q(due_at__lte=now))
        case SlaStatus.AT_RISK:
            return running & unnoted & Q(at_risk_at__lt=now)
        case SlaStatus.ON_TRACK:
            return running
        case SlaStatus.PAUSED:
            return Q(state=ClockState.PAUSED)
