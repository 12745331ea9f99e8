"""How often people were alerted, and how soon they answered (metrics.md M15)."""

from datetime import timedelta

from django.db.models import Count, F, Q

from reports.enums import Unit
from reports.measures.asked import Asked, Rows, tickets, within
from reports.measures.figures import Figure, Group, percent, share
from sla.alerts.enums import LEVELS, AlertCondition
from sla.alerts.models import Alert
from sla.alerts.wording import level_of
from tickets.enums import OPEN

ANSWERED_WITHIN = timedelta(minutes=15)
"""By the clock on the wall: an alert is for now."""


def raised(asked: Asked) -> Rows:
    """Alerts of the period on tickets that count; one for each level that was reached in a cycle."""
    rows: Rows = Alert.objects.filter(within(asked, "triggered_at"))
    return rows.filter(ticket__in=tickets(asked).order_by().values("pk"))


def open_meanwhile(asked: Asked) -> Rows:
    """Tickets that were open at some time of the period: created before its end, and by their last resolution not
    over before it began.
    """
    is_over_later = Q(resolved_at__gte=asked.start) | Q(status__in=OPEN)
    return tickets(asked).filter(is_over_later, created_at__lt=asked.end)


def alert_load(asked: Asked) -> list[Figure]:
    """M15: alerts for every 100 tickets that were open, all of them and each condition and level by itself; then how
    many were acknowledged within a quarter of an hour. Provisional: raised less than that ago and not acknowledged.
    """
    rows, base = raised(asked), open_meanwhile(asked)
    found = rows.order_by().values("condition", "level").annotate(n=Count("pk")).values_list("condition", "level", "n")
    numbers = {(condition, level): n for condition, level, n in found}
    of = base.count()

    def load(alerts: Rows, number: int, group: Group | None = None) -> Figure:
        return Figure(
            code="M15",
            unit=Unit.PER_HUNDRED,
            value=percent(number, of),
            numerator=number,
            denominator=of,
            counted=alerts,
            base=base,
            group=group,
        )

    each = [
        load(
            rows.filter(condition=condition, level=level),
            numbers.get((condition, level), 0),
            Group("alert", f"{condition}-{level}", level_of(condition, level)),
        )
        for condition in AlertCondition
        for level in LEVELS
    ]
    answered = Q(acknowledged_at__lte=F("triggered_at") + ANSWERED_WITHIN)
    is_young = Q(triggered_at__gt=asked.now - ANSWERED_WITHIN, acknowledged_at__isnull=True)
    return [load(rows, sum(numbers.values())), *each, share("M15_answered", rows, answered, provisional=is_young)]
