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


def moment_in_words(at: datetime) -> str:
    """By the reader's clock."""
    # Translators: format of a day with its weekday and a time, letters as in Django's date filter
    return date_format(timezone.localtime(at), _("l, j F Y, H:i"))


def _told(iso: str) -> str:
    return moment_in_words(datetime.fromisoformat(iso))


def _at(facts: Facts) -> Facts:
    return {"title": facts["title"], "moment": _told(facts["at"])}


def _moved(facts: Facts) -> str:
    return _("Meeting “%(title)s” moved from %(before)s to %(moment)s") % (
        _at(facts) | {"before": _told(facts["from"])}
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
