"""What happens to promises, in the reader's language: lines of timelines and of threads."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.labels import label_of
from sla.enums import Metric, PauseReason
from tickets import wording

Facts = dict[str, Any]


def _missed(facts: Facts) -> str:
    metric = {"metric": label_of(Metric, facts["metric"])}
    if facts.get("by_retarget"):
        return _("Missed by a change of what is promised: %(metric)s") % metric
    return _("Missed: %(metric)s") % metric


def _paused(facts: Facts) -> str:
    until = date_format(timezone.localtime(datetime.fromisoformat(facts["until"])), "SHORT_DATETIME_FORMAT")
    about = {"reason": label_of(PauseReason, facts["reason"]), "until": until}
    return _("Clocks stand still until %(until)s: %(reason)s") % about


def effects_in_words(effects: Mapping[str, int]) -> str:
    """Of an edit of what is promised; as `sla.services.Effects` has them."""
    told = _(
        "Of the %(tickets)s newest open tickets %(changed)s would be promised something else; "
        "%(missed)s of them would be missed at once."
    )
    return told % effects


def register() -> None:
    """Called once, in `ready()`."""
    wording.put("sla_missed", _missed)
    wording.put("sla_paused", _paused)
    wording.put("sla_resumed", lambda f: _("Clocks run on"))
