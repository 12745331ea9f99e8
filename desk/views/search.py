"""Search: a reference alone opens its ticket, words find tickets and customers, all within what the person may see."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from core.errors import Invalid
from core.paging import Page
from desk.promises import add_promises
from desk.rows import add_hints, row_of
from desk.searching import found_contacts, found_posts, named_tickets, words_in
from envelopes.searching import Hits
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.search import search_tickets, tsquery_of


@require_GET
@agent_required
def search(request: AgentRequest) -> HttpResponse:
    query = words_in(request)
    cursor = str(request.GET.get("cursor", ""))
    named = named_tickets(request.agent, query)
    if len(named) == 1:
        return redirect("desk:ticket", reference=named[0].reference)
    error: Invalid | None = None
    page: Page[Ticket] = Page([], None, None)
    posts: list[dict[str, Any]] = []
    hits = Hits([], None, None)
    try:
        if words := tsquery_of(query) if query else "":
            page = search_tickets(request.agent, query, cursor, load=TicketQuerySet.for_rows, words=words)
            if not cursor:
                posts, hits = found_posts(request.agent, query, str(request.GET.get("posts", "")), words=words)
    except Invalid as refusal:
        error, page = refusal, Page([], None, None)
    rows = {ticket.pk: row_of(ticket, request.agent) for ticket in page.items}
    add_hints(page.items, rows, request.agent)
    add_promises(page.items, rows)
    context = {
        "query": query,
        "posts": posts,
        "next_posts": hits.next_cursor,
        "previous_posts": hits.previous_cursor,
        "rows": list(rows.values()),
        "contacts": found_contacts(request.agent, query) if query and not cursor else [],
        "next_cursor": page.next_cursor,
        "previous_cursor": page.previous_cursor,
        "error": error,
    }
    return render(request, "desk/search.html", context, status=error.status if error else 200)
