"""What is found by a few typed words, within what the person may see: for the search page and for the palette."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts.models import Agent, Contact
from accounts.policies import may_look_up_customers
from core.templatetags.ui import relative_time
from desk.highlighting import Sought
from envelopes.searching import Hit, Hits, search_envelopes
from tickets.filters import Filter, Term
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.selectors import tickets_by_reference

MAX_QUERY = 200
MAX_CONTACTS = 8
MAX_COLLEAGUES = 8
WORDS_BEFORE, WORDS_SHOWN, MAX_EXCERPT = 8, 40, 300
"""Of a text in which something was found."""


def words_in(request: HttpRequest) -> str:
    """What is typed, in one line and not too long."""
    return " ".join(str(request.GET.get("q", "")).replace("\0", "").split())[:MAX_QUERY]


def named_tickets(
    agent: Agent, query: str, *, load: Callable[[TicketQuerySet], TicketQuerySet] | None = None
) -> list[Ticket]:
    """The tickets in sight that the typed reference names, two at most; no statement for what is none."""
    named = tickets_by_reference(query)
    if named.query.is_empty():
        return []
    seen = Ticket.objects.visible_to(agent)
    found = (load(seen) if load else seen).filter(pk__in=named.values("pk"))
    return list(found[:2])


def found_posts(agent: Agent, query: str, cursor: str, *, words: str) -> tuple[list[dict[str, Any]], Hits]:
    """Posts of envelopes as `desk/envelopes/_found.html` wants them; `words` is `tsquery_of(query)`. Raises Invalid for
    a cursor of another list.
    """
    hits = search_envelopes(agent, query, cursor, words=words)
    sought = Sought.of(query)
    return [
        {
            "envelope": hit.envelope,
            "url": post_url(hit),
            "author_name": hit.author_name,
            "at": relative_time(hit.at),
            "excerpt": sought.in_text(excerpt(hit.text, sought)),
        }
        for hit in hits.items
    ], hits


def post_url(hit: Hit) -> str:
    """Where the post stands, also when it is older than what the tab shows first."""
    tab = reverse("desk:envelope", args=[hit.envelope.ticket.reference, hit.envelope.number])
    return tab if hit.seq is None else f"{tab}?before={hit.seq + 1}#e{hit.seq}"


def excerpt(text: str, sought: Sought) -> str:
    """The words around the first one that was found, in one line."""
    words = text.split()
    at = next((place for place, word in enumerate(words) if sought.is_in(word)), 0)
    start = max(at - WORDS_BEFORE, 0)
    shown = " ".join(words[start : start + WORDS_SHOWN])[:MAX_EXCERPT]
    before, after = "… " if start else "", " …" if len(words) > start + WORDS_SHOWN else ""
    return f"{before}{shown}{after}"


def found_contacts(agent: Agent, query: str) -> list[dict[str, Any]]:
    """Customers by name or address; a short query matches too many to be of use."""
    if len(query) < 3 or not may_look_up_customers(agent):
        return []
    full_name = Concat("first_name", Value(" "), "last_name")
    named = Q(email__icontains=query) | Q(last_name__icontains=query) | Q(first_name__icontains=query)
    found = Contact.objects.filter(named, anonymised_at__isnull=True)
    if " " in query:
        last = query.rpartition(" ")[2]
        found = Contact.objects.filter(last_name__icontains=last, anonymised_at__isnull=True)
        found = found.alias(full_name=full_name).filter(full_name__icontains=query)
    return [
        {"contact": contact, "url": _contact_url(contact)}
        for contact in found.select_related("company").order_by("last_name", "first_name", "email")[:MAX_CONTACTS]
    ]


def found_colleagues(agent: Agent, query: str) -> list[dict[str, Any]]:
    """Colleagues by a part of their name, each with the list of what they own in sight."""
    if len(query) < 2 or not may_look_up_customers(agent):  # the rule of all who work on tickets or read them
        return []
    found = Agent.objects.active().filter(name__icontains=query).order_by("name", "email")
    return [{"colleague": colleague, "url": _owned_url(colleague)} for colleague in found[:MAX_COLLEAGUES]]


def _owned_url(colleague: Agent) -> str:
    owned = Filter((Term("owner", (colleague.email,)),))  # two may have one name
    return f"{reverse('desk:queue', args=['all'])}?{urlencode({'q': owned.text})}"


def _contact_url(contact: Contact) -> str:
    try:
        return reverse("desk:customer", args=[contact.pk])
    except NoReverseMatch:
        return ""
