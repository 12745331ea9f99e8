"""Searching by a reference or by words, in all one may see or within a filtered list."""

from typing import Any

from django.db.models import QuerySet, prefetch_related_objects

from core.paging import Page, keyset_page
from tickets.models import Ticket
from tickets.narrowing import with_words
from tickets.querysets import NEWEST_FIRST
from tickets.search import search_tickets
from tickets.selectors import tickets_by_reference


def found(actor: Any, rows: QuerySet[Ticket], q: str, *, is_filtered: bool, cursor: str, size: int) -> Page[Ticket]:
    """A page of those `rows` that have the reference `q` or all its words, newest first.

    `rows` are all that `actor` may see unless `is_filtered`: only then the index alone decides, since the search that
    is made for common words knows no filters.
    """
    named = tickets_by_reference(q)
    if named.exists():
        return keyset_page(rows.filter(pk__in=named.values("pk")), NEWEST_FIRST, cursor=cursor, size=size)
    if is_filtered:
        return keyset_page(with_words(rows, q), NEWEST_FIRST, cursor=cursor, size=size)
    page = search_tickets(actor, q, cursor, size=size)
    prefetch_related_objects(page.items, "category", "tags")
    return page
