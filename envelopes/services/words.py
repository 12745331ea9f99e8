"""What the search finds in envelopes: the words of what is written, in the transaction in which it is written."""

from core.writing import write_soon
from envelopes.models import Envelope
from tickets.enums import EntryKind
from tickets.models import TimelineEntry
from tickets.models.search import WORDS_OF

SEARCHED_CHARACTERS = 200_000
"""As of messages of the main thread; the thread's own search looks as far."""


def index_reason(envelope: Envelope) -> None:
    _index(envelope, envelope.reason, entry=None)


def index_entry(envelope: Envelope, entry: TimelineEntry) -> None:
    """Somebody's words, or the reason of what happened; what has none is not found by any."""
    text = " ".join(filter(None, (entry.body_text, str(entry.facts.get("title", "")))))
    if text:
        _index(envelope, text, entry=entry)


def _index(envelope: Envelope, text: str, *, entry: TimelineEntry | None) -> None:
    write_soon(
        "envelopes_envelopewords",
        f"""
        INSERT INTO envelopes_envelopewords (envelope_id, entry_id, created_at, words)
        VALUES (%s, %s, %s, strip({WORDS_OF}))
        """,  # noqa: S608  # a constant of ours
        [
            envelope.pk,
            entry.pk if entry else None,
            entry.created_at if entry else envelope.opened_at,
            text[:SEARCHED_CHARACTERS],
        ],
    )


def forget_words(envelope: Envelope, entry: TimelineEntry) -> None:
    """Of an entry that is blanked; with the line that help was asked for goes the reason."""
    is_reason = entry.kind == EntryKind.ENVELOPE_CREATED
    envelope.words.filter(entry=None if is_reason else entry).delete()
