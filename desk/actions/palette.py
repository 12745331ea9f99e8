"""What the server tells the palette: views, pages and help to be remembered; tickets and people for typed words.

Actions are not among them: they are the buttons that stand on the page, which alone knows them (static/js/palette.js).
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Agent
from core.labels import label_of
from desk.actions.shown import pages_of
from desk.recent import recent_tickets
from desk.rows import ticket_url
from desk.searching import found_colleagues, found_contacts, named_tickets, post_url
from desk.selectors import QUEUES
from envelopes.searching import search_envelopes
from tickets.enums import TicketStatus
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.saved_views import boards_of, views_of
from tickets.search import search_tickets, tsquery_of

MAX_TICKETS = 8
MAX_ENVELOPES = 4
Entry = dict[str, str]


def remembered(agent: Agent) -> dict[str, list[Entry]]:
    """What does not depend on what is typed, and the tickets opened last. At most three statements."""
    saved = [(view.slug, view.name) for view in views_of(agent)]
    views = [(slug, str(view.label)) for slug, view in QUEUES.items()] + saved
    named = [(board.slug, board.name) for board in boards_of(agent)]
    boards = [(slug, str(view.label)) for slug, view in QUEUES.items()] + named
    return {
        "tickets": [_ticket(ticket) for ticket in recent_tickets(agent)],
        "views": [
            *({"label": label, "url": reverse("desk:queue", args=[slug])} for slug, label in views),
            *(
                {"label": label, "hint": _("Board"), "url": reverse("desk:board", args=[slug])}
                for slug, label in boards
            ),
        ],
        "pages": pages_of(agent),
        "help": [
            {"label": _("Keyboard shortcuts"), "url": reverse("desk:keys")},
            {"label": _("Change keys"), "url": reverse("desk:own-keys")},
        ],
    }


def found(agent: Agent, typed: str) -> dict[str, list[Entry]]:
    """Tickets by reference, else by their words; customers by name or address; colleagues by name. All within what
    `agent` may see.

    And envelopes with such words, where `agent` reads their thread. A constant number of statements, at most eight
    beside the person's own.
    """
    named = named_tickets(agent, typed, load=TicketQuerySet.for_rows)
    words = "" if named else tsquery_of(typed)
    tickets = named or search_tickets(agent, typed, size=MAX_TICKETS, load=TicketQuerySet.for_rows, words=words).items
    return {
        "tickets": [_ticket(ticket) for ticket in tickets[:MAX_TICKETS]],
        "envelopes": _envelopes(agent, typed, words),
        "customers": [
            {
                "label": part["contact"].name,
                "hint": part["contact"].company.name if part["contact"].company else part["contact"].email,
                "url": part["url"],
            }
            for part in found_contacts(agent, typed)
            if part["url"]
        ],
        "colleagues": [
            {"label": part["colleague"].name, "hint": _("Tickets they own"), "url": part["url"]}
            for part in found_colleagues(agent, typed)
        ],
    }


def _envelopes(agent: Agent, typed: str, words: str) -> list[Entry]:
    """Each once, at its newest post that was found."""
    entries: dict[Any, Entry] = {}
    for hit in search_envelopes(agent, typed, size=2 * MAX_ENVELOPES, words=words).items:
        one = hit.envelope
        label = _("%(reference)s envelope %(number)s: %(target)s") % {
            "reference": one.ticket.reference,
            "number": one.number,
            "target": one.target,
        }
        entries.setdefault(one.pk, {"label": label, "hint": one.ticket.subject, "url": post_url(hit)})
    return list(entries.values())[:MAX_ENVELOPES]


def _ticket(ticket: Ticket) -> Entry:
    customer = ticket.company.name if ticket.company else ticket.requester.name
    status: Any = label_of(TicketStatus, ticket.status)
    return {
        "label": f"{ticket.reference} {ticket.subject}",
        "hint": f"{customer} · {status}",
        "url": ticket_url(ticket.reference),
    }
