"""How people and programs ask for figures: a period of days, and whose work of what they are told."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from reports.measures.asked import Asked, bounds
from reports.policies import Sight


def asked_of(
    sight: Sight,
    first: date,
    last: date,
    *,
    zone: ZoneInfo,
    now: datetime,
    team_id: UUID | None = None,
    is_own: bool = False,
    only: Mapping[str, str] | None = None,
) -> Asked:
    """From the beginning of `first` to the end of `last` by the clocks of `zone`; of all teams in sight, of one of
    them, or of the reader alone, who is asked for where no team is in sight.
    """
    start, end = bounds(first, last, zone)
    is_personal = sight.person is not None and (is_own or not sight.has_teams)
    teams = sight.teams
    if team_id is not None:
        teams = frozenset({team_id}) & (frozenset({team_id}) if sight.teams is None else sight.teams)
    return Asked(
        start=start,
        end=end,
        now=now,
        zone=zone,
        teams=teams,
        person=sight.person if is_personal else None,
        reader=sight.reader,
        only=only or {},
    )
