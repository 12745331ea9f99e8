"""What the page of alerts is narrowed to, by its address."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from desk.alerts.parts import Part
from sla.alerts.enums import LEVELS, AlertCondition, AlertStatus
from sla.alerts.policies import may_see_alerts_of_teams
from sla.alerts.selectors import Wanted

TEAMS, ANY = "teams", "any"


def wanted_in(given: QueryDict, agent: Agent) -> Wanted:
    """What makes no sense narrows to nothing."""
    condition, level, status = (str(given.get(name, "")) for name in ("condition", "level", "status"))
    return Wanted(
        of_teams=given.get("show") == TEAMS and may_see_alerts_of_teams(agent),
        condition=condition if condition in AlertCondition else "",
        level=int(level) if level in map(str, LEVELS) else None,
        status="" if status == ANY else status if status in AlertStatus else AlertStatus.OPEN,
    )


def url_of(wanted: Wanted, *, cursor: str = "") -> str:
    status = "" if wanted.status == AlertStatus.OPEN else wanted.status or ANY
    chosen = {"show": TEAMS if wanted.of_teams else "", "condition": wanted.condition, "level": wanted.level}
    query = urlencode({name: value for name, value in {**chosen, "status": status, "cursor": cursor}.items() if value})
    return f"{reverse('desk:alerts')}?{query}" if query else reverse("desk:alerts")


def set_count(wanted: Wanted) -> int:
    return bool(wanted.condition) + (wanted.level is not None) + (wanted.status != AlertStatus.OPEN)


def parts_of(agent: Agent, wanted: Wanted) -> list[Part]:
    """Whose alerts: a choice for those alone who have it."""
    if not may_see_alerts_of_teams(agent):
        return []
    labels = ((_("For me"), False), (_("Of my teams"), True))
    return [
        {"label": label, "url": url_of(Wanted(of_teams=of_teams)), "is_current": wanted.of_teams == of_teams}
        for label, of_teams in labels
    ]


def selects_of(wanted: Wanted) -> list[Part]:
    levels = [(str(level), _("Level %(level)s") % {"level": level}) for level in LEVELS]
    states = [("", AlertStatus.OPEN.label), *AlertStatus.choices[1:], (ANY, _("Any state"))]
    level, status = str(wanted.level or ""), "" if wanted.status == AlertStatus.OPEN else wanted.status or ANY
    return [
        _select("condition", _("Condition"), [("", _("All conditions")), *AlertCondition.choices], wanted.condition),
        _select("level", _("Level"), [("", _("All levels")), *levels], level),
        _select("status", _("State"), states, status),
    ]


def _select(name: str, label: str, options: Sequence[tuple[str, Any]], chosen: str) -> Part:
    rows = [{"value": value, "label": text, "is_selected": value == chosen} for value, text in options]
    return {"name": name, "label": label, "options": rows}
