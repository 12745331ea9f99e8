"""Search across envelopes: posts and reasons that contain all words, among those whose thread the reader may read.

Who may read is part of the statement, before any limit. There is no count, and nothing tells of what is not shown.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from core.actors import Actor
from core.paging import Page, keyset_page
from envelopes.models import Envelope, EnvelopeWords
from envelopes.querysets import EnvelopeQuerySet
from tickets.search import tsquery_of

NEWEST_FIRST = ("-created_at", "-id")
FOUND = 10
"""Posts of a page."""


@dataclass(frozen=True)
class Hit:
    """One post, or the reason of an envelope."""

    envelope: Envelope
    text: str
    author_name: str
    at: datetime
    seq: int | None
    """Of the post in the thread; None for the reason."""


@dataclass(frozen=True)
class Hits:
    items: list[Hit]
    next_cursor: str | None
    previous_cursor: str | None


def search_envelopes(actor: Actor, q: str, cursor: str = "", *, size: int = FOUND, words: str | None = None) -> Hits:
    """What `actor` may read of what contains all words of `q`, the last one as a beginning; newest first. Two queries,
    one where `words` is `tsquery_of(q)`. Raises Invalid for a cursor of another list.
    """
    query = tsquery_of(q) if words is None else words
    if not query:
        return Hits([], None, None)
    rows = EnvelopeWords.objects.filter(envelope__in=_readable_by(actor)).filter(_with(query))
    rows = rows.filter(entry__redacted_at__isnull=True)
    joined = rows.select_related("entry", "envelope__ticket", "envelope__team", "envelope__assigned_to")
    page: Page[EnvelopeWords] = keyset_page(
        joined.select_related("envelope__requested_by"), NEWEST_FIRST, cursor=cursor, size=size
    )
    return Hits([_hit(row) for row in page.items], page.next_cursor, page.previous_cursor)


def with_words(envelopes: EnvelopeQuerySet, q: str) -> EnvelopeQuerySet:
    """Those of `envelopes`, which the reader may read, in which one post or the reason has all words. One query at
    once.
    """
    if not (query := tsquery_of(q)):
        return envelopes.none()
    return envelopes.filter(pk__in=EnvelopeWords.objects.filter(_with(query)).values("envelope"))


def _readable_by(actor: Actor) -> EnvelopeQuerySet:
    return Envelope.objects.thread_visible_to(actor).order_by()


def _with(query: str) -> RawSQL:
    return RawSQL("words @@ %s::tsquery", [query], output_field=BooleanField())  # our own text


def _hit(row: EnvelopeWords) -> Hit:
    envelope, entry = row.envelope, row.entry
    if entry is not None:
        text = entry.body_text or str(entry.facts.get("title", ""))
        return Hit(envelope, text, entry.author_name, entry.created_at, entry.seq)
    author = envelope.requested_by.name if envelope.requested_by else ""
    return Hit(envelope, envelope.reason, author, envelope.opened_at, None)
