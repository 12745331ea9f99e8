"""Limits of work in progress as a board tells them: of each team in sight, beside what the team has there now."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from accounts.models import Agent
from accounts.selectors import reach_of
from tickets.columns import LABELS, ON_BOARDS, STATUS_COLUMN, places_of
from tickets.enums import OPEN, ColumnField
from tickets.models import Ticket, WipLimit

Note = dict[str, Any]  # what a template takes: text, tone
Standing = tuple[UUID, str]
"""A team and a column."""

_COUNTED: dict[str, tuple[Any, Q]] = {
    ColumnField.STATUS: (STATUS_COLUMN, Q(status__in=ON_BOARDS)),
    ColumnField.PRIORITY: (F("priority"), Q(status__in=OPEN)),
}


def limit_notes(agent: Agent, field: str) -> dict[str, list[Note]]:
    """By column: one line for each team in sight that has set a limit there. A statement, and one where any has."""
    if field not in LABELS:
        return {}
    limits = WipLimit.objects.filter(field=field).select_related("team").order_by("team__name")
    reach = reach_of(agent)
    rows = list(limits if reach.sees_everything else limits.filter(team__in=reach.teams))
    counts = _counts(field, {limit.team_id for limit in rows})
    notes: dict[str, list[Note]] = defaultdict(list)
    for limit in rows:
        notes[limit.column].append(_note(limit, counts.get((limit.team_id, limit.column), 0)))
    return notes


def exceeded_by(ticket: Ticket) -> list[str]:
    """Which limits the columns exceed in which `ticket` stands now, in words; a statement, one more for each kind of
    column that has a limit.
    """
    places = places_of(ticket.team_id, ticket.status, ticket.priority)
    limits = WipLimit.objects.filter(team=ticket.team_id).select_related("team").order_by("field", "column")
    found = [limit for limit in limits if (limit.team_id, limit.field, limit.column) in places]
    texts = []
    for limit in found:
        count = _counts(limit.field, {limit.team_id}).get((limit.team_id, limit.column), 0)
        if count > limit.limit:
            facts = {"column": limit.column_label, "team": limit.team.name, "count": count, "limit": limit.limit}
            texts.append(_("“%(column)s” of %(team)s now has %(count)s tickets, its limit is %(limit)s.") % facts)
    return texts


def _counts(field: str, teams: Collection[UUID]) -> dict[Standing, int]:
    if not teams:
        return {}
    column, counted = _COUNTED[field]
    found = Ticket.objects.filter(counted, team__in=teams).annotate(col=column).order_by()
    rows = found.values_list("team_id", "col").annotate(n=Count("pk"))
    return {(team_id, col): count for team_id, col, count in rows}


def _note(limit: WipLimit, count: int) -> Note:
    facts = {"team": limit.team.name, "count": count, "limit": limit.limit}
    if count > limit.limit:
        return {"text": _("%(team)s: %(count)s, limit %(limit)s exceeded") % facts, "tone": "danger"}
    if count == limit.limit:
        return {"text": _("%(team)s: %(count)s of %(limit)s, full") % facts, "tone": "warn"}
    return {"text": _("%(team)s: %(count)s of at most %(limit)s") % facts, "tone": ""}
