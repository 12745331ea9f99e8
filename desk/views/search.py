"""Search: a reference alone opens its ticket, words find tickets and customers, all within what the person may see."""

from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from accounts.auth import AgentRequest, agent_required
from accounts.models import Agent, Contact
from accounts.policies import may_look_up_customers
from core.errors import Invalid
from core.paging import Page
from desk.rows import row_of
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.search import search_tickets
from tickets.selectors import tickets_by_reference

MAX_QUERY = 200
MAX_CONTACTS = 8


@require_GET
@agent_required
def search(request: AgentRequest) -> HttpResponse:
    query = " ".join(str(request.GET.get("q", "")).replace("\0", "").split())[:MAX_QUERY]
    cursor = str(request.GET.get("cursor", ""))
    visible = Ticket.objects.visible_to(request.agent).values("pk")
    named = list(tickets_by_reference(query).filter(pk__in=visible)[:2]) if query else []
    if len(named) == 1:
        return redirect("desk:ticket", reference=named[0].reference)
    error: Invalid | None = None
    page: Page[Ticket] = Page([], None, None)
    if query:
        try:
            page = search_tickets(request.agent, query, cursor, load=TicketQuerySet.for_rows)
        except Invalid as refusal:
            error = refusal
    context = {
        "query": query,
        "rows": [row_of(ticket, request.agent) for ticket in page.items],
        "contacts": _contacts(request.agent, query) if query and not cursor else [],
        "next_cursor": page.next_cursor,
        "previous_cursor": page.previous_cursor,
        "error": error,
    }
    return render(request, "desk/search.html", context, status=error.status if error else 200)


def _contacts(agent: Agent, query: str) -> list[dict[str, Any]]:
    """Customers by name or address; a short query matches too many to be of use."""
    if len(query) < 3 or not may_look_up_customers(agent):
        return []
    full_name = Concat("first_name", Value(" "), "last_name")
    found = Contact.objects.filter(
        Q(email__icontains=query) | Q(last_name__icontains=query), anonymised_at__isnull=True
    )
    if " " in query:
        last = query.rpartition(" ")[2]
        found = Contact.objects.filter(last_name__icontains=last, anonymised_at__isnull=True)
        found = found.alias(full_name=full_name).filter(full_name__icontains=query)
    return [
        {"contact": contact, "url": _contact_url(contact)}
        for contact in found.select_related("company").order_by("last_name", "first_name", "email")[:MAX_CONTACTS]
    ]


def _contact_url(contact: Contact) -> str:
    try:
        return reverse("desk:customer", args=[contact.pk])
    except NoReverseMatch:
        return ""
