"""Where higher apps may object before a ticket changes; the first error refuses. Registered in their `ready()`."""

from collections.abc import Callable

from core.errors import DomainError
from tickets.models import Ticket

Guard = Callable[[Ticket], DomainError | None]

resolve_guards: list[Guard] = []
merge_guards: list[Guard] = []


def ask(guards: list[Guard], ticket: Ticket) -> None:
    """Raise the first objection."""
    for guard in guards:
        if refusal := guard(ticket):
            raise refusal
