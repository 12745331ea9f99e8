"""The list a ticket was opened from, and the tickets beside it there: `?from=<list>` of the ticket's page.

The value is the list's slug, with what the list is narrowed to behind a question mark: `team?priority=high`. Without it
the list is the one the person begins with.
"""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from django.http import Http404, HttpRequest, QueryDict

from accounts.auth import AgentRequest
from accounts.models import Agent
from core.errors import Invalid
from core.paging import encode_cursor, keyset_page
from desk.listing import Listing, ListState, form_of, listing_of, state_of
from desk.selectors import start_slug, start_view
from tickets.models import Ticket
from tickets.search import search_tickets

PARAMETER = "from"
LONGEST = 500
OF_LIST = re.compile(r"/queue/([\w-]+)/$")
FIRST = 50
"""As many tickets as a page of the own queue shows."""


def origin_of(state: ListState, agent: Agent) -> str:
    """What rows of the list name as `from`; nothing for the list that is meant without it."""
    query = urlencode(state.parameters)
    if state.listing.slug == start_slug(agent) and not query:
        return ""
    return f"{state.listing.slug}?{query}" if query else state.listing.slug


def origin_of_page(request: AgentRequest) -> str:
    """As `origin_of`, for a row that htmx fetches for the list on whose page it stands."""
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    found = OF_LIST.search(parts.path)
    given = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    query = urlencode({name: value for name, value in given.items() if name != "cursor"})
    if not found or (found[1] == start_slug(request.agent) and not query):
        return ""
    return f"{found[1]}?{query}" if query else found[1]


def from_of(request: HttpRequest) -> str:
    """The `from` of the page the request is about: its own, or that of the page whose form or part it is."""
    if PARAMETER in request.GET:
        return request.GET[PARAMETER][:LONGEST]
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    given = parse_qs(urlsplit(page).query).get(PARAMETER, [""]) if "/t/" in page else [""]
    return given[0][:LONGEST]


def with_from(url: str, origin: str) -> str:
    """The address of a ticket, or of a part of its page, that keeps the list."""
    if not origin:
        return url
    address, mark, place = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{urlencode({PARAMETER: origin})}{mark}{place}"


def listing_from(agent: Agent, origin: str) -> tuple[Listing, QueryDict]:
    """The list that `origin` names and what it is narrowed to; the first one for what is none (any more)."""
    slug, _mark, query = origin.partition("?")
    try:
        return listing_of(slug or start_slug(agent), agent), QueryDict(query)
    except Http404:
        return listing_of(start_view(agent).slug, agent), QueryDict()


def list_url_from(agent: Agent, origin: str) -> str:
    listing, query = listing_from(agent, origin)
    return f"{listing.url}?{query.urlencode()}" if query else listing.url


def neighbour_of(agent: Agent, ticket: Ticket, origin: str, *, is_next: bool) -> str | None:
    """Reference of the ticket after (or before) this one in its list; None at the end. A ticket that has left the list
    still has its place in the list's order.
    """
    state = state_from(agent, origin)
    state.tell_place(ticket, agent)
    cursor = encode_cursor("next" if is_next else "prev", ticket, state.ordering)
    if state.is_search:
        found = search_tickets(agent, state.wanted.terms.words, cursor, size=1).items
    else:
        tickets = state.tickets(agent).only("reference", *_fields(state))
        found = keyset_page(tickets, state.ordering, cursor=cursor, size=1).items
    return found[0].reference if found else None


def state_from(agent: Agent, origin: str) -> ListState:
    """The list as it was looked at; what it cannot be narrowed to (any more) narrows nothing."""
    listing, query = listing_from(agent, origin)
    for given, kept in ((query, listing), (QueryDict(), listing), (QueryDict(), listing_of(listing.view.slug, agent))):
        try:
            return state_of(kept, form_of(kept, given, agent), given)
        except Invalid:
            continue
    raise Http404


def _fields(state: ListState) -> list[str]:
    return [name.lstrip("-") for name in state.ordering if name != "section" and not name.endswith("_sorted")]
