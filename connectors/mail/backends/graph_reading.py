"""How far one folder of Microsoft 365 is read, and what is to be tried again later."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

OVERLAP = timedelta(days=2)
"""Where Graph has forgotten the link, reading begins anew so long before the newest mail that was seen."""
MOST_OF_A_FILTER = 5000
"""Graph shows no more mails of a list that begins at a moment."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
"""Between two attempts at the same mail."""


@dataclass
class Reading:
    """One folder: the link to its next page, and pages whose mails are not all stored yet, with their own links."""

    folder: str
    link: str = ""
    seen_to: str = ""
    """When the newest mail came of a list that was read to its end: ISO 8601, UTC, as Graph writes it. Mails come in
    any order, so a list in its midst tells nothing.
    """
    newest: str = ""
    """Of what was listed so far."""
    listed: int = 0
    """In a list that begins at `begins`."""
    begins: str = ""
    open_pages: list[tuple[str, set[str]]] = field(default_factory=list)
    is_read: bool = False
    """To its end, by this look."""

    @classmethod
    def of(cls, folder: str, kept: Mapping[str, Any]) -> "Reading":
        names = ("link", "seen_to", "newest", "begins")
        facts = {name: kept[name] for name in names if isinstance(kept.get(name), str)}
        return cls(folder, **facts, listed=kept["listed"] if isinstance(kept.get("listed"), int) else 0)

    def as_json(self, stored: Set[str] = frozenset()) -> dict[str, object]:
        """As it stands once mails of these ids are `stored`, too."""
        waiting = [link for link, left in self.open_pages if not left <= stored]
        link = waiting[0] if waiting else self.link
        seen_to = max(self.seen_to, self.newest) if self.is_read and not waiting else self.seen_to
        return {
            "link": link,
            "seen_to": seen_to,
            "newest": self.newest,
            "begins": self.begins,
            "listed": self.listed,
        }

    def note(self, moments: Iterable[str], *, listed: int) -> None:
        """When the mails of a page came. One that was brought from elsewhere may say that it came tomorrow."""
        now = written(timezone.now())
        self.newest = max(self.newest, *(moment for moment in moments if moment <= now), "")
        self.listed += listed

    def begin_anew(self) -> None:
        """At the overlap, or at the very first where such a list has been cut off."""
        begins = "" if self._is_cut or not self.seen_to else _before(self.seen_to)
        self.link, self.listed, self.begins = "", 0, begins

    def end_round(self) -> None:
        if self._is_cut:
            self.begin_anew()
        else:
            self.is_read = True
        self.begins, self.listed = "", 0

    @property
    def _is_cut(self) -> bool:
        return bool(self.begins) and self.listed >= MOST_OF_A_FILTER

    def settle(self, message_id: str) -> None:
        for _link, left in self.open_pages:
            left.discard(message_id)


def later(kept: Mapping[str, Any] | None, error: str) -> dict[str, Any]:
    """When what has not come off is tried again: the oftener it was tried (`kept`), the later. Without `error`
    there is nothing to tell people.
    """
    attempts = int((kept or {}).get("attempts", 0)) + 1
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    return {"attempts": attempts, "next_at": (timezone.now() + pause).isoformat(), "error": error[:300]}


def due(waiting: Mapping[str, Mapping[str, Any]], now: datetime) -> list[str]:
    return [key for key, kept in waiting.items() if str(kept.get("next_at", "")) <= now.isoformat()]


def errors_of(waiting: Mapping[str, Mapping[str, Any]], *, besides: Set[str] = frozenset()) -> list[str]:
    return [kept["error"] for key, kept in waiting.items() if key not in besides and kept.get("error")]


def moment_of(item: Mapping[str, Any]) -> datetime | None:
    """When a mail came; None for what is no moment."""
    try:
        found = datetime.fromisoformat(str(item.get("receivedDateTime") or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _before(moment: str) -> str:
    """Empty where nothing can have been before."""
    try:
        return written(datetime.fromisoformat(moment) - OVERLAP)
    except (ValueError, OverflowError):
        return ""
