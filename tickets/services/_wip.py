"""Limits of work in progress: what acts of people ask before a ticket enters a column (domain.md section 17).

What happens by itself is never refused: customers' messages, timers, and what follows a reply when its hold ends. Nor
is taking back a merge or a move, which puts a ticket where it stood.
"""

import logging
from datetime import datetime
from typing import Any, NamedTuple

from core.actors import Actor
from tickets.columns import Place, places_of, standing_in
from tickets.enums import EntryKind, WipMode
from tickets.errors import WipLimitReached
from tickets.models import Ticket, WipLimit
from tickets.policies import may_exceed_limits
from tickets.services._common import add_entry

logger = logging.getLogger(__name__)


class Exceeded(NamedTuple):
    """A full hard limit that `by` goes beyond, to be told on the timeline."""

    limit: WipLimit
    others: int
    reason: str


def refuse_if_full(
    ticket: Ticket, after: set[Place], *, by: Actor, over_limit: str, knows_limits: bool = True
) -> list[Exceeded]:
    """Ask the limits of the columns that the locked `ticket` would newly stand in.

    `knows_limits`: whether `lock()` has told if there are any, which is so unless the team changes. A hard limit is
    locked before its column is counted, so of two tickets for one place one comes too late. Raises WipLimitReached,
    unless `over_limit` says why and `by` may go beyond it. The answer goes to `tell_exceeded`.
    """
    if knows_limits and not vars(ticket).get("_has_limits"):
        return []
    entered = after - places_of(ticket.team_id, ticket.status, ticket.priority)
    return [
        Exceeded(limit, others, over_limit.strip())
        for limit in _limits_of(entered)
        if (others := _full_count(ticket, limit)) and _is_beyond(limit, others, by=by, over_limit=over_limit)
    ]


def _limits_of(places: set[Place]) -> list[WipLimit]:
    """The hard ones locked, and read after that; in one order for all, so that nobody waits in a circle."""
    if not places:
        return []
    teams = {team_id for team_id, _field, _column in places}
    rows = WipLimit.objects.filter(team__in=teams).select_related("team").order_by("pk")
    wanted = [limit for limit in rows if (limit.team_id, limit.field, limit.column) in places]
    hard = [limit.pk for limit in wanted if limit.mode == WipMode.HARD]
    if not hard:
        return wanted
    locked = rows.filter(pk__in=hard).select_for_update(of=("self",), no_key=True)
    return [*(limit for limit in wanted if limit.mode != WipMode.HARD), *locked]


def _full_count(ticket: Ticket, limit: WipLimit) -> int:
    """How many other tickets stand there, if that is as many as there may be; else 0."""
    others = Ticket.objects.filter(standing_in(limit.field, limit.column), team=limit.team_id).exclude(pk=ticket.pk)
    count = others.count()
    return count if count >= limit.limit else 0


def _is_beyond(limit: WipLimit, count: int, *, by: Actor, over_limit: str) -> bool:
    """Whether to tell the timeline; a soft limit only warns. Raises WipLimitReached."""
    facts: dict[str, Any] = {"team_id": limit.team_id, "limit": limit.limit, "count": count}
    if limit.mode != WipMode.HARD:
        logger.info("wip limit exceeded", extra=facts | {"column": limit.column})
        return False
    if not over_limit.strip() or not may_exceed_limits(by, limit.team_id):
        raise WipLimitReached(team=limit.team.name, column=limit.column_label, **facts)
    return True


def tell_exceeded(ticket: Ticket, exceeded: list[Exceeded], *, by: Actor, at: datetime) -> None:
    for limit, others, reason in exceeded:
        facts = {"event": "over_limit", "field": limit.field, "column": limit.column}
        facts |= {"limit": str(limit.limit), "count": str(others + 1)}
        add_entry(ticket, EntryKind.CHANGE, author=by, at=at, facts=facts, body_text=reason)
