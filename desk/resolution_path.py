"""The panel "What was tried": the resolution path at a glance."""

from collections.abc import Sequence
from typing import Any

from desk.entry_marks import attempt_chip
from desk.resolution import words_of
from tickets.around import Attempt
from tickets.models import TimelineEntry

SHOWN_CHARACTERS = 140


def path_of(path: Sequence[Attempt], shown: Sequence[TimelineEntry], here: str) -> list[dict[str, Any]]:
    """What `desk/_attempts.html` wants: in order, each with a way to its entry, also where that is not on the page."""
    on_page = {entry.seq for entry in shown}
    return [
        {
            **attempt_chip(attempt),
            "text": words_of(attempt, limit=SHOWN_CHARACTERS),
            "author": attempt.author,
            "by": attempt.by,
            "at": attempt.at,
            "url": f"#e{attempt.seq}" if attempt.seq in on_page else f"{here}?before={attempt.seq + 1}#e{attempt.seq}",
        }
        for attempt in path
    ]
