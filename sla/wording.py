"""What happens to promises, in the reader's language: lines of timelines and of threads."""

from typing import Any

from django.utils.translation import gettext as _

from core.labels import label_of
from sla.enums import Metric
from tickets import wording

Facts = dict[str, Any]


def _missed(facts: Facts) -> str:
    metric = {"metric": label_of(Metric, facts["metric"])}
    if facts.get("by_retarget"):
        return _("Missed by a change of what is promised: %(metric)s") % metric
    return _("Missed: %(metric)s") % metric


def register() -> None:
    """Called once, in `ready()`."""
    wording.put("sla_missed", _missed)
