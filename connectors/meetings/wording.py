"""What happens to meetings, in the reader's language and by their clock: lines of timelines and of threads."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from connectors.base.sentences import Said
from tickets import wording

Facts = dict[str, Any]
ARRANGED, MOVED, CHANGED = "meeting_arranged", "meeting_moved", "meeting_changed"
CANCELLED, FAILED = "meeting_cancelled", "meeting_failed"
EVENTS = (ARRANGED, MOVED, CHANGED, CANCELLED, FAILED)


def moment_in_words(iso: str) -> str:
    """An instant in ISO 8601, by the reader's clock."""
    return date_format(timezone.localtime(datetime.fromisoformat(iso)), "DATETIME_FORMAT")


def _at(facts: Facts) -> Facts:
    return {"title": facts["title"], "moment": moment_in_words(facts["at"])}


def _moved(facts: Facts) -> str:
    return _("Meeting “%(title)s” moved from %(before)s to %(moment)s") % (
        _at(facts) | {"before": moment_in_words(facts["from"])}
    )


def _failed(facts: Facts) -> str:
    why = Said.of(facts["why"])
    return _("Meeting “%(title)s” is not in the calendar: %(why)s") % {"title": facts["title"], "why": why or "?"}


def register() -> None:
    """Called once, in `ready()`."""
    wording.put(ARRANGED, lambda f: _("Meeting “%(title)s” arranged for %(moment)s") % _at(f))
    wording.put(MOVED, _moved)
    wording.put(CHANGED, lambda f: _("Meeting “%(title)s” on %(moment)s changed") % _at(f))
    wording.put(CANCELLED, lambda f: _("Meeting “%(title)s” on %(moment)s cancelled") % _at(f))
    wording.put(FAILED, _failed)
