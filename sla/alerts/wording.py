"""Alerts in the reader's language: lines of timelines."""

from typing import Any

from django.utils.translation import gettext as _

from core.labels import label_of
from sla.alerts.enums import AlertCondition
from tickets import wording


def _alert(facts: dict[str, Any]) -> str:
    told = {"level": facts["level"], "condition": label_of(AlertCondition, facts["condition"])}
    return _("Alert of level %(level)s: %(condition)s") % told


def level_of(condition: str, level: int) -> str:
    """A cell of the matrix, whatever the priority."""
    told = {"level": level, "condition": label_of(AlertCondition, condition)}
    return _("%(condition)s, level %(level)s") % told


def register() -> None:
    """Called once, in `ready()`."""
    wording.put("alert", _alert)
