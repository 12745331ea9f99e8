"""The orders a list of tickets is offered in. An index serves each of `SORTS` at any size (models/ticket.py).

There is none by the last word said: an index on that moment would make every mail rewrite its ticket in all indexes.

No index of tickets knows the names of people, companies and teams, so an order by one of them reads all tickets of the
list. It is offered where these are in work or resolved, of which even a large desk has few (`NAMED_SORTS`).
"""

from typing import Any, TypeVar

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

from tickets.models import Ticket
from tickets.querysets import DUE_FIRST, NEVER, NEWEST_FIRST, QUEUE_ORDER, due_sorted

T = TypeVar("T", bound=QuerySet[Ticket])

SORTS: dict[str, tuple[str, ...]] = {
    "-priority_score": QUEUE_ORDER,
    "priority_score": ("priority_score", "-due_sorted", "-created_at", "-id"),
    "resolution_due_at": DUE_FIRST,
    "-resolution_due_at": ("-due_sorted", "priority_score", "-created_at", "-id"),
    "-created_at": NEWEST_FIRST,
    "created_at": ("created_at", "id"),
    "status": ("status", "-created_at", "-id"),
    "-status": ("-status", "created_at", "id"),
}
"""Name in addresses and at the API -> fields for keyset paging, of tickets `with_sorted_names`."""

_WHOLE_NAME = Concat("requester__first_name", Value(" "), "requester__last_name", output_field=CharField())
_NAMES: dict[str, Any] = {
    "owner": Coalesce(F("owner__name"), Value("")),
    "customer": Coalesce(NullIf(Trim(_WHOLE_NAME), Value("")), F("requester__email"), output_field=CharField()),
    "company": Coalesce(F("company__name"), Value("")),
    "team": F("team__name"),
}
"""Whose name it is -> the name as rows show it; nobody's and none come first."""

NAMED_SORTS: dict[str, tuple[str, ...]] = {
    sign + name: (f"{sign}{name}_sorted", *QUEUE_ORDER) for name in _NAMES for sign in ("", "-")
}
ALL_SORTS = SORTS | NAMED_SORTS


def opposite(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"


def with_sorted_names(tickets: T, sort: str) -> T:
    """With what `ALL_SORTS[sort]` orders by beyond fields of tickets: names of people and teams, and the due date."""
    name = sort.lstrip("-")
    sorted_names = {f"{name}_sorted": _NAMES[name]} if name in _NAMES else {}
    if _has_due(sort):
        sorted_names["due_sorted"] = due_sorted()
    return tickets.annotate(**sorted_names) if sorted_names else tickets


def tell_sorted_names(ticket: Ticket, sort: str) -> None:
    """As `with_sorted_names`, for a ticket that was read otherwise: its place in the order can then be named."""
    owner, company = ticket.owner, ticket.company
    names = {
        "owner": owner.name if owner else "",
        "customer": ticket.requester.name,
        "company": company.name if company else "",
        "team": ticket.team.name,
    }
    if (name := sort.lstrip("-")) in names:
        vars(ticket)[f"{name}_sorted"] = names[name]
    if _has_due(sort):
        vars(ticket)["due_sorted"] = ticket.resolution_due_at or NEVER


def _has_due(sort: str) -> bool:
    return not {"due_sorted", "-due_sorted"}.isdisjoint(ALL_SORTS[sort])
