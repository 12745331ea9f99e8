"""Reads of tickets as far as an agent may see them, put into SQL once."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Agent
from accounts.selectors import Outline, outline_of, stand_in, unneeded
from core.compiled import Compiled
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet


class InSight:
    """What `build` makes of `Ticket.objects.visible_to(agent)`, the agent and `slots` (`core.compiled`).

    It is compiled once for each outline of what agents reach. `build` asks of the agent nothing but their id and reach.
    """

    def __init__(self, build: Callable[..., TicketQuerySet], *slots: Any) -> None:
        self._build, self._slots = build, slots
        self._of = lru_cache(maxsize=128)(self._compiled)

    def fetch(self, agent: Agent, *values: Any) -> list[Ticket]:
        outline, ids = outline_of(agent)
        return self._of(outline).fetch(*ids, *values)

    def first(self, agent: Agent, *values: Any) -> Ticket | None:
        return next(iter(self.fetch(agent, *values)), None)

    def _compiled(self, outline: Outline) -> Compiled[Ticket]:
        agent, marks = stand_in(outline)

        def build(*slots: Any) -> TicketQuerySet:
            return self._build(Ticket.objects.visible_to(agent), agent, *slots[len(marks) :])

        return Compiled(build, *marks, *self._slots, may_lack=unneeded(outline, marks))


def is_in_sight(agent: Agent, ticket_id: UUID) -> bool:
    return bool(_BY_ID.fetch(agent, ticket_id))


_BY_ID = InSight(lambda seen, _agent, ticket_id: seen.filter(pk=ticket_id).only("pk"), uuid4())
