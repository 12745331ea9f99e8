"""Promises to customers and between teams, and how they were kept (metrics.md M10, M12, M13, M14).

A clock counts in the period in which it was due, once it is decided: completed in time, completed late, or late and
still running. One that runs and is not late, and one that was cancelled, is no part of it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from core.worktime import add_business_days
from reports.measures.asked import Asked, Rows, envelopes, tickets, within
from reports.measures.figures import Figure, Group, ratio, whole_seconds
from sla.enums import ClockState, Metric
from sla.models import SlaClock
from tickets.enums import ClosureCode, EntryKind, FlagType, ResolutionCode, TicketStatus
from tickets.models import TimelineEntry

OF_CUSTOMERS = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.RESOLUTION, Metric.TIME_TO_VALUE)
OF_HELPERS = (Metric.OLA_RESPONSE, Metric.OLA_COMPLETION)
RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
HELD_BUSINESS_DAYS = 5
"""So long after a resolution a reopening says that it brought no value."""
NEEDS_A_YES = (ResolutionCode.NO_ACTION, ResolutionCode.NOT_REPRODUCIBLE)
"""Resolutions of which only the customer can say that they brought any."""

DONE = Q(state=ClockState.COMPLETED)
LATE = Q(state__in=[ClockState.RUNNING, ClockState.PAUSED], breached_at__isnull=False)
KEPT = DONE & Q(breached_at__isnull=True)


def clocks(asked: Asked, metrics: Sequence[Metric]) -> Rows:
    """Of tickets that count; those between teams of envelopes asked of the teams."""
    rows: Rows = SlaClock.objects.filter(metric__in=metrics)
    if set(metrics) <= set(OF_HELPERS):
        return rows.filter(envelope__in=envelopes(asked).order_by().values("pk"))
    return rows.filter(ticket__in=tickets(asked).order_by().values("pk"))


def decided(asked: Asked, metrics: Sequence[Metric]) -> Rows:
    return clocks(asked, metrics).filter(within(asked, "due_at")).filter(DONE | LATE)


def sla_compliance(asked: Asked) -> list[Figure]:
    """M12 of each promise to customers, every cycle by itself; M12b without those that a change of target made late."""
    return _compliance(asked, OF_CUSTOMERS, "M12", without_retargets="M12b")


def ola_compliance(asked: Asked) -> list[Figure]:
    """M10 of each promise between teams."""
    return _compliance(asked, OF_HELPERS, "M10")


def _compliance(asked: Asked, metrics: Sequence[Metric], code: str, *, without_retargets: str = "") -> list[Figure]:
    """One query for all of them."""
    base = decided(asked, metrics)
    own = Q(breached_by_retarget=False)
    found = (
        base.order_by()
        .values("metric")
        .annotate(of=Count("pk"), kept=Count("pk", filter=KEPT), own=Count("pk", filter=own))
    )
    counts = {row["metric"]: row for row in found}
    figures = []
    for metric in metrics:
        row = counts.get(metric, {"of": 0, "kept": 0, "own": 0})
        rows, group = base.filter(metric=metric), Group("promise", str(metric), str(metric.label))
        kept = rows.filter(KEPT)
        figures.append(ratio(code, kept, rows, numerator=row["kept"], denominator=row["of"], group=group))
        if without_retargets:
            staff = rows.filter(own)
            kept_own = {"numerator": row["kept"], "denominator": row["own"]}
            figures.append(ratio(without_retargets, kept, staff, group=group, **kept_own))
    return figures


def response_times(asked: Asked) -> list[Figure]:
    """M14: what first and next responses took, in the hours that were promised; by when they were given."""
    found = []
    for metric in RESPONSES:
        rows = clocks(asked, [metric]).filter(DONE, within(asked, "completed_at"))
        group = Group("promise", str(metric), str(metric.label))
        found.append(whole_seconds("M14", rows, "elapsed_seconds", group=group))
    return found


def value_compliance(asked: Asked) -> Figure:
    """M13: resolved in time, and the value lasted: closed, not reopened within five business days, no complaint, and
    where nothing was done or found, the customer agreed. Of tickets whose resolution was due in the period; not closed
    yet: provisional.
    """
    due = decided(asked, [Metric.RESOLUTION]).order_by()
    base = tickets(asked).filter(pk__in=due.values("ticket"))
    agreed = Q(closure_code=ClosureCode.CONFIRMED) | ~Q(resolution_code__in=[str(code) for code in NEEDS_A_YES])
    kept = base.filter(agreed, pk__in=due.filter(KEPT).values("ticket"), status=TicketStatus.CLOSED)
    kept = kept.exclude(flags__contains=[FlagType.COMPLAINT.value])
    kept = kept.exclude(pk__in=_not_held(asked, kept))
    found = base.aggregate(of=Count("pk"), open=Count("pk", filter=Q(status=TicketStatus.RESOLVED)))
    return ratio("M13", kept, base, numerator=kept.count(), denominator=found["of"], provisional=found["open"])


def _not_held(asked: Asked, rows: Rows) -> set[UUID]:
    """Of which any resolution was followed by a reopening too soon. One query."""
    changes = TimelineEntry.objects.filter(kind=EntryKind.STATUS_CHANGE, ticket__in=rows.filter(reopen_count__gt=0))
    moments = changes.order_by("ticket", "seq").values_list(
        "ticket", "ticket__team", "facts__from", "facts__to", "created_at"
    )
    resolved_at: dict[UUID, datetime] = {}
    found: set[UUID] = set()
    for ticket_id, team_id, old, new, at in moments:
        if new == TicketStatus.RESOLVED:
            resolved_at[ticket_id] = at
        elif old == TicketStatus.RESOLVED and new == TicketStatus.IN_PROGRESS and ticket_id in resolved_at:
            held_at = add_business_days(asked.hours(team_id), resolved_at[ticket_id], HELD_BUSINESS_DAYS)
            if at <= held_at:
                found.add(ticket_id)
    return found
