"""Limits of work in progress: set by those in charge of a team."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import Team
from accounts.policies import may_edit_team
from core.actors import Actor
from core.errors import Invalid
from core.history import record, record_deletion
from core.service import service
from tickets.columns import LABELS
from tickets.enums import ColumnField, WipMode
from tickets.errors import LimitsForbidden
from tickets.models import WipLimit
from tickets.models.limits import MOST


class Limit(NamedTuple):
    """What is wanted of one column; without `most` there is no limit."""

    most: int | None
    mode: str = WipMode.SOFT


@service
def set_wip_limits(team_id: UUID, *, by: Actor, limits: Mapping[tuple[str, str], Limit]) -> list[WipLimit]:
    """Set the limits of the columns given as (field, column), of status or priority; the others stay.

    Answers all limits of the team. Raises LimitsForbidden, Invalid.
    """
    team = Team.objects.get(pk=team_id)
    if not may_edit_team(by, team):
        raise LimitsForbidden
    for (field, column), limit in limits.items():
        if field not in LABELS or column not in LABELS[ColumnField(field)]:
            raise ValueError(f"no column with a limit: {field} {column}")
        if (limit.most is not None and not 1 <= limit.most <= MOST) or limit.mode not in WipMode:
            raise Invalid
    with connection.cursor() as cursor:  # one at a time, also where there is no row yet
        cursor.execute("SELECT 1 FROM accounts_team WHERE id = %s FOR NO KEY UPDATE", [team_id])
    rows = {(row.field, row.column): row for row in WipLimit.objects.filter(team=team).order_by("pk")}
    for place, limit in limits.items():
        _set(team, place, rows.get(place), limit, by=by)
    return list(WipLimit.objects.filter(team=team).order_by("field", "column"))


def _set(team: Team, place: tuple[str, str], row: WipLimit | None, limit: Limit, *, by: Actor) -> None:
    if limit.most is None:
        if row is not None:
            record_deletion(row, by=by)
        return
    if row is None:
        row = WipLimit(team=team, field=place[0], column=place[1])
    elif (row.limit, row.mode) == (limit.most, limit.mode):
        return
    row.limit, row.mode = limit.most, limit.mode
    record(row, by=by)
