"""Where higher apps, and the flags of this one, may object before a ticket changes; the first error refuses. Registered
in `ready()`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from core.actors import Actor
from core.errors import DomainError
from tickets.models import OutboundMessage, Task, Ticket

T = TypeVar("T")
Guard = Callable[[Ticket], DomainError | None]

resolve_guards: list[Guard] = []
merge_guards: list[Guard] = []
task_guards: list[Callable[[Task], DomainError | None]] = []
"""Asked before anything is done with a task that is there."""
compensation_guards: list[Guard] = []
"""Asked before a resolution is written down that gives the customer anything of value, with an amount or without."""
flag_sources: list[Callable[[Collection[UUID]], Mapping[UUID, Collection[str]]]] = []
"""Which case flags are on these tickets, by the codes of domain.md section 12; several may know some."""
note_guards: list[Callable[[Actor, Ticket], DomainError | None]] = []
"""Asked before one of those who were asked for help on a ticket writes on its main thread."""
unheard_guards: list[Callable[[OutboundMessage], bool]] = []
"""Whether the customer may have said something that is not on the ticket yet; a scheduled reply waits for it."""
LISTENING = timedelta(minutes=10)
"""Longest wait past its moment: a mailbox that cannot be read must not silence us for good."""


def may_be_unheard(message: OutboundMessage) -> bool:
    return any(guard(message) for guard in unheard_guards)


def ask(guards: list[Callable[[T], DomainError | None]], about: T) -> None:
    """Raise the first objection."""
    for guard in guards:
        if refusal := guard(about):
            raise refusal


def flags_on(ticket_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """The case flags of these tickets, as far as anybody has any."""
    found: dict[UUID, set[str]] = {ticket_id: set() for ticket_id in ticket_ids}
    for source in flag_sources:
        for ticket_id, flags in source(ticket_ids).items():
            found[ticket_id] |= set(flags)
    return found
