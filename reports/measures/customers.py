"""What customers get: time to value, resolutions that did not hold (metrics.md M5, M6)."""

from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from reports.measures.asked import Asked, Rows, tickets, within
from reports.measures.figures import Figure, durations, measured, shares
from reports.measures.hours import business_time
from tickets.enums import EntryKind, TicketStatus
from tickets.models import Ticket, TimelineEntry

S = TicketStatus
REOPENED_WITHIN = timedelta(days=30)
FOLLOWED_WITHIN = timedelta(days=14)


def delivered(asked: Asked) -> Rows:
    """Tickets whose value was delivered in the period. It is dated `resolved_at`, which has the index."""
    return tickets(asked).filter(within(asked, "resolved_at"), within(asked, "value_delivered_at"))


def time_to_value(asked: Asked) -> Figure:
    """M5: from creation to the value, as the customer sees it: nothing is taken off. Not confirmed yet: provisional."""
    waited = ExpressionWrapper(F("value_delivered_at") - F("created_at"), output_field=DurationField())
    return durations("M5", delivered(asked), waited, provisional=Q(status=S.RESOLVED))


def business_time_to_value(asked: Asked) -> Figure:
    """M5 beside the headline: in hours of the ticket's team. PostgreSQL knows no calendars, so each row is measured."""
    rows, hours = delivered(asked), asked.hours
    found = rows.values_list("team", "created_at", "value_delivered_at", "status")
    lengths, provisional = [], 0
    for team_id, created_at, delivered_at, status in found:
        lengths.append(business_time(hours, team_id, created_at, delivered_at))
        provisional += status == S.RESOLVED
    return measured("M5_business", lengths, rows, provisional=provisional)


def first_resolved(asked: Asked) -> Rows:
    """Whose first resolution lies in the period, as `first_resolved_at`, with the first reopening as `reopened_at`.

    Only those that were reopened have their first resolution elsewhere than in their row.
    """
    again = Q(reopen_count__gt=0)
    rows = with_first_ends(tickets(asked))
    at_once = ~again & within(asked, "resolved_at")
    return rows.filter(at_once | again & within(asked, "first_resolved_at"))


def with_first_ends(rows: Rows) -> Rows:
    """With `first_resolved_at` and `reopened_at`, the first of each."""
    found: Rows = rows.annotate(
        first_resolved_at=Coalesce(_first(facts__to=S.RESOLVED), F("resolved_at")),
        reopened_at=_first(facts__from=S.RESOLVED, facts__to=S.IN_PROGRESS),
    )
    return found


def _first(**facts: Any) -> Subquery:
    entries = TimelineEntry.objects.filter(ticket=OuterRef("pk"), kind=EntryKind.STATUS_CHANGE, **facts)
    moment = entries.order_by("seq").values("created_at")[:1]
    return Subquery(moment, output_field=DateTimeField())


def reopen_rate(asked: Asked) -> list[Figure]:
    """M6, and M6b with those whose customer came back within 14 days by a follow-up. Provisional: whose 30, or 14, days
    are not over.
    """
    follow_ups = Ticket.objects.exclude(status=S.CANCELLED).filter(follow_up_of=OuterRef("pk"))
    followed_at = Subquery(follow_ups.order_by("created_at").values("created_at")[:1], output_field=DateTimeField())
    base = first_resolved(asked).annotate(followed_at=followed_at)
    reopened = Q(reopened_at__lte=F("first_resolved_at") + REOPENED_WITHIN)
    followed = Q(followed_at__lte=F("first_resolved_at") + FOLLOWED_WITHIN)
    is_young = Q(first_resolved_at__gt=asked.now - REOPENED_WITHIN) & Q(reopened_at__isnull=True)
    return shares(base, {"M6": reopened, "M6b": reopened | followed}, provisional=is_young)
