"""The backlog day by day, from what was written down then (metrics.md M16)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from reports.measures.asked import Asked

_DAYS = """
    SELECT s."on", count(age), count(age) FILTER (WHERE h.is_waiting),
           percentile_disc(0.5) WITHIN GROUP (ORDER BY age), percentile_disc(0.9) WITHIN GROUP (ORDER BY age)
      FROM reports_backlogsnapshot s
      LEFT JOIN reports_backlogshare h ON h.snapshot_id = s.id AND (%(all)s OR h.team_id = ANY(%(teams)s))
      LEFT JOIN LATERAL unnest(h.ages_seconds) age ON true
     WHERE s."on" BETWEEN %(first)s AND %(last)s
     GROUP BY s."on" ORDER BY s."on"
"""


@dataclass(frozen=True)
class Day:
    on: date
    count: int
    waiting: int
    """Of them, waiting for the customer."""
    p50: int | None
    """Age in seconds."""
    p90: int | None


def backlog_asked(asked: Asked, *, most_days: int | None = None) -> list[Day]:
    """The days of what is asked, or the last of them; none of persons, as whose backlog it was is known of teams. At
    most one query.
    """
    if asked.person is not None:
        return []
    first = asked.start.astimezone(asked.zone).date()
    last = (asked.end - timedelta(microseconds=1)).astimezone(asked.zone).date()
    if most_days is not None:
        first = max(first, last - timedelta(days=most_days - 1))
    return backlog_trend(first, last, teams=asked.teams)


def backlog_trend(first: date, last: date, *, teams: Collection[UUID] | None) -> list[Day]:
    """Days from `first` to `last`, both included, that have a snapshot; None: of all teams. One query."""
    values: dict[str, Any] = {"first": first, "last": last, "all": teams is None, "teams": list(teams or ())}
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, values)
        return [Day(*row) for row in cursor.fetchall()]
