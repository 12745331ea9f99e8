"""Saved views as tabs: the pinned ones first, in the order each person has given them, and how much stands in them.

Numbers are told of the first few, and only of lists of tickets in work, which an index of just these finds; never of
words or of closed tickets, whose number is asked of a million rows.
"""

from collections.abc import Sequence
from hashlib import sha256

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection

from accounts.models import Agent
from accounts.selectors import reach_of
from core.errors import Invalid
from desk.listing import Listing, filter_of, listing_of_saved
from desk.selectors import COUNT_CAP, has_few, tickets_in
from tickets.models import SavedView

COUNTED = 6
COUNT_SECONDS = 15
"""So long a number may be old; lists are looked at more often than they change."""
PLACES = ("last", "earlier", "off")


def pins_of(agent: Agent) -> list[str]:
    return [str(slug) for slug in agent.list_settings.get("pins", [])]


def pinned_anew(agent: Agent, slug: str, place: str, known: Sequence[str]) -> list[str]:
    """The pins of a person with `slug` put to a place of `PLACES`; views that are gone leave them."""
    pins = [pin for pin in pins_of(agent) if pin in known]
    at = pins.index(slug) if slug in pins else len(pins)
    rest = [pin for pin in pins if pin != slug]
    match place:
        case "off":
            return rest
        case "earlier":
            rest.insert(max(0, at - 1), slug)
        case _:
            rest.append(slug)
    return rest


def in_tab_order(agent: Agent, views: Sequence[SavedView]) -> list[SavedView]:
    pins = pins_of(agent)
    return sorted(views, key=lambda view: pins.index(view.slug) if view.slug in pins else len(pins))


def counts_of(agent: Agent, views: Sequence[SavedView], *, is_anew: bool = False) -> dict[str, int]:
    """How many tickets stand in the first of them, up to COUNT_CAP + 1, by slug; one statement for all, and one for
    each name in a filter, every `COUNT_SECONDS`, or `is_anew`, after something has happened.
    """
    first = views[:COUNTED]
    if not first:
        return {}
    facts = [(str(view.pk), view.version) for view in first], sorted(map(str, reach_of(agent).teams))
    key = f"view-counts:{agent.pk}:{sha256(repr(facts).encode()).hexdigest()}"
    kept: dict[str, int] | None = None if is_anew else cache.get(key)
    if kept is None:
        kept = _counted(agent, [listing_of_saved(view) for view in first])
        cache.set(key, kept, COUNT_SECONDS)
    return kept


def _counted(agent: Agent, listings: Sequence[Listing]) -> dict[str, int]:
    names, parts, params = [], [], []
    for listing in listings:
        try:
            wanted = filter_of(listing.filters)
            if not has_few(listing.view, wanted):
                continue
            bounded = tickets_in(listing.view, agent, wanted).order_by().values("pk")[: COUNT_CAP + 1]
            sql, args = bounded.query.get_compiler(connection=connection).as_sql()
        except (EmptyResultSet, Invalid):  # nothing can stand there; its own page says why
            continue
        names.append(listing.slug)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS bounded)")  # noqa: S608  # our own, values are parameters
        params += args
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        return dict(zip(names, cursor.fetchone(), strict=True))
