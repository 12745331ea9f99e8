"""What is added to the entries of a page: conversations written down, attempts, found words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.labels import label_of
from core.templatetags.ui import relative_time
from desk.highlighting import Sought
from tickets.around import Attempt
from tickets.enums import LOGGED, AttemptOutcome, AuthorType, Direction, EntryKind
from tickets.models import TimelineEntry
from tickets.services.attempts import may_be_attempt

Item = dict[str, Any]  # what a template takes
TONES = {AttemptOutcome.WORKED: ("ok", "circle-check"), AttemptOutcome.FAILED: ("outline", "circle-x")}


@dataclass(frozen=True)
class Marks:
    attempts: Mapping[int, Attempt] = field(default_factory=dict)
    """By the `seq` of their entries."""
    may_mark: bool = False
    sought: Sought | None = None


def add_marks(item: Item, entry: TimelineEntry, marks: Marks) -> None:
    if entry.kind in LOGGED and "minutes" in entry.facts:
        item |= _logged(entry)
    if found := marks.attempts.get(entry.seq):
        item |= attempt_chip(found)
    if marks.may_mark and may_be_attempt(entry):
        item["attempt_id"] = str(entry.pk)
    if marks.sought is not None:
        _highlight(item, marks.sought)


def _logged(entry: TimelineEntry) -> Item:
    """How a conversation that is written down reads: which way, how long, with whom, when."""
    facts = entry.facts
    minutes = int(facts["minutes"])
    kind = _("Phone call") if entry.kind == EntryKind.PHONE_NOTE else _("Chat")
    long = ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    label = f"{kind} · {label_of(Direction, facts['direction'])} · {long}"
    with_whom = format_html(_("With {name} · {moment}"), name=facts["spoke_with"], moment=_moment(facts["at"]))
    said = {"log_label": label, "channel_label": label, "addresses": with_whom}
    if entry.is_public and entry.author_type != AuthorType.CUSTOMER and facts["direction"] == Direction.OUTBOUND:
        said["variant"] = "customer-out"
    return said


def _moment(written: str) -> str:
    return relative_time(datetime.fromisoformat(written))


def attempt_chip(attempt: Attempt) -> Item:
    """What tells an attempt at its entry and in the panel."""
    tone, icon = TONES[AttemptOutcome(attempt.outcome)]
    return {
        "attempt": str(attempt.outcome),
        "attempt_label": label_of(AttemptOutcome, attempt.outcome),
        "attempt_tone": tone,
        "attempt_icon": icon,
    }


def _highlight(item: Item, sought: Sought) -> None:
    for name in ("body_html", "quoted_html", "text", "detail"):
        if item.get(name):
            item[name] = sought.in_text(item[name])
    item["is_quote_open"] = "<mark>" in str(item.get("quoted_html", ""))
