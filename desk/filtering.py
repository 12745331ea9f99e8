"""The filter of a list as its page shows it: chips to take away, and the ticket meant by a reference alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accounts.models import Agent
from desk.selectors import QueueFilter
from tickets.models import Ticket
from tickets.selectors import tickets_by_reference


def chips_of(wanted: QueueFilter, url_of: Callable[[QueueFilter], str]) -> list[dict[str, Any]]:
    """What is typed, term by term, each with the address of the page without it, which `url_of` makes of a filter."""
    terms = wanted.terms
    return [{"label": term.label, "url": url_of(replace(wanted, terms=terms.without(term)))} for term in terms.terms]


def ticket_named(agent: Agent, typed: str) -> Ticket | None:
    """The only ticket in sight that has the typed reference; no statement is asked for what is none."""
    found = tickets_by_reference(typed)
    if found.query.is_empty():
        return None
    named = list(Ticket.objects.visible_to(agent).filter(pk__in=found.values("pk")).only("reference")[:2])
    return named[0] if len(named) == 1 else None
