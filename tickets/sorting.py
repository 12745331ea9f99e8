"""The orders a list of tickets is offered in. An index serves each of them at any size (models/ticket.py).

There is none by the last word said: an index on that moment would make every mail rewrite its ticket in all indexes.
"""

from tickets.querysets import NEWEST_FIRST, QUEUE_ORDER

SORTS: dict[str, tuple[str, ...]] = {
    "-priority_score": QUEUE_ORDER,
    "priority_score": ("priority_score", "-created_at", "-id"),
    "-created_at": NEWEST_FIRST,
    "created_at": ("created_at", "id"),
    "status": ("status", "-created_at", "-id"),
    "-status": ("-status", "created_at", "id"),
}
"""Name in addresses and at the API -> fields for keyset paging."""


def opposite(sort: str) -> str:
    return sort[1:] if sort.startswith("-") else f"-{sort}"
