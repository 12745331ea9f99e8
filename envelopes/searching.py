"""Search across envelopes: posts and reasons that contain all words, among those whose thread the reader may read.

Who may read is part of the statement, before any limit. There is no count, and nothing tells of what is not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from core.actors import Actor
from core.paging import Page, keyset_page
from envelopes.models import Envelope, EnvelopeWords
from envelopes.querysets import EnvelopeQuerySet
from tickets.search import tsquery_of

NEWEST_FIRST = ("-created_at", "-id")
FOUND = 10
"""Posts of a page."""
STANDS = Q(entry__redacted_at__isnull=True)


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
    """What `actor` may read of what contains all words of `q`, the last one as a beginning; newest first. Three
    queries, one less where `words` is `tsquery_of(q)`, and where nothing is found. Raises Invalid for a cursor of
    another list.
    """
    query = tsquery_of(q) if words is None else words
    if not query:
        return Hits([], None, None)
    rows = EnvelopeWords.objects.filter(envelope__in=_readable_by(actor)).filter(_with(query), STANDS)
    page: Page[EnvelopeWords] = keyset_page(rows.only("created_at"), NEWEST_FIRST, cursor=cursor, size=size)
    return Hits(_hits([row.pk for row in page.items]), page.next_cursor, page.previous_cursor)


def _hits(row_ids: Sequence[int]) -> list[Hit]:
    """With all that is shown of them, which mostly is of none: eight joins are planned longer than words are found."""
    if not row_ids:
        return []
    joined = EnvelopeWords.objects.select_related("entry", "envelope__ticket", "envelope__team")
    found = joined.select_related("envelope__assigned_to", "envelope__requested_by").filter(STANDS).in_bulk(row_ids)
    return [_hit(found[row_id]) for row_id in row_ids if row_id in found]


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
