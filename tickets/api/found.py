"""Searching within a list."""

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet

from core.paging import Page, keyset_page
from tickets.models import Ticket
from tickets.querysets import NEWEST_FIRST
from tickets.selectors import tickets_by_reference


def found_in(rows: QuerySet[Ticket], text: str, *, cursor: str, size: int) -> Page[Ticket]:
    """A page of what in `rows` has this reference or these words, newest first."""
    named = tickets_by_reference(text)
    if named.exists():
        found = rows.filter(pk__in=named.values("pk"))
    else:
        words = SearchQuery(text, config="itilnext", search_type="websearch")
        found = rows.filter(search_document__words=words)
    return keyset_page(found, NEWEST_FIRST, cursor=cursor, size=size)
