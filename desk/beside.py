"""The list beside an open ticket: the one it was opened from, in the order in which J and K go through it.

It comes after the page, so that the page itself reads nothing for it.
"""

from dataclasses import replace
from typing import Any

from accounts.models import Agent
from core.paging import Page, encode_cursor, keyset_page
from desk.listing import ListState
from desk.neighbours import FIRST, list_url_from, state_from, with_from
from desk.rows import Row, arranged, row_of
from tickets.models import Ticket
from tickets.search import search_tickets

SIZE, BEFORE, AFTER = 20, 8, 11
"""Rows of a long list: its first ones, or those around a ticket that does not stand among them."""


def list_beside(agent: Agent, ticket: Ticket, origin: str, *, is_shown: bool = False) -> dict[str, Any]:
    """What `desk/_beside.html` shows; at most six statements however long the list is.

    A ticket that has left the list it was opened from, or where the page shows it still (`is_shown`), keeps its row at
    its place, as it has one for J and K; one that never stood in the list the day begins with is not looked for.
    """
    state = state_from(agent, origin)
    page = _page(agent, state, size=FIRST if state.has_groups else SIZE)
    if ticket.pk not in {item.pk for item in page.items}:
        page = _page_with(agent, state, ticket, page, is_from_there=bool(origin) or is_shown)
    rows = {item.pk: _row(item, agent, ticket, origin) for item in page.items}
    return {
        "groups": arranged(page, rows, agent, in_groups=state.has_groups),
        "label": state.listing.label,
        "list_url": list_url_from(agent, origin),
        "has_more_before": page.previous_cursor is not None,
        "has_more_after": page.next_cursor is not None,
    }


def _row(item: Ticket, agent: Agent, ticket: Ticket, origin: str) -> Row:
    row = row_of(item, agent, may_act=False)
    return row | {"url": with_from(row["url"], origin), "is_current": item.pk == ticket.pk}


def _page(agent: Agent, state: ListState, cursor: str = "", *, size: int) -> Page[Ticket]:
    load = state.loader(agent)
    if state.is_search:
        return search_tickets(agent, state.wanted.terms.words, cursor, size=size, load=load)
    return keyset_page(state.tickets(agent), state.ordering, cursor=cursor, size=size, load=load)


def _page_with(
    agent: Agent, state: ListState, ticket: Ticket, first: Page[Ticket], *, is_from_there: bool
) -> Page[Ticket]:
    """The list's first page with the row of a ticket that has left it, or the rows around one further down."""
    if not is_from_there and first.next_cursor is None:
        return first
    tickets = Ticket.objects if is_from_there else state.tickets(agent)
    itself = list(state.loader(agent)(tickets.filter(pk=ticket.pk)))
    if not itself:
        return first
    state.tell_place(ticket, agent)
    after = _page(agent, state, encode_cursor("next", ticket, state.ordering), size=AFTER)
    known = [item.pk for item in first.items]
    if after.items and after.items[0].pk in known:
        place = known.index(after.items[0].pk)
        return replace(first, items=[*first.items[:place], *itself, *first.items[place:]])
    if first.next_cursor is None:
        return replace(first, items=[*first.items, *itself])
    before = _page(agent, state, encode_cursor("prev", ticket, state.ordering), size=BEFORE)
    return Page([*before.items, *itself, *after.items], after.next_cursor, before.previous_cursor)
