"""What was recorded of tickets, folded."""

from collections.abc import Collection
from uuid import UUID

from sla.fold import apply
from sla.models import ClockFact
from sla.records import fact_from
from sla.selectors.editions import hours_by_id
from sla.states import State

OF_FACTS = ("ticket_id", "kind", "at", "envelope_id", "data")


def states_of(ticket_ids: Collection[UUID]) -> dict[UUID, State]:
    """By ticket; one that nothing was recorded of is not in it. One query, and one for each edition of a calendar that
    this process sees for the first time.
    """
    states: dict[UUID, State] = {}
    for row in ClockFact.objects.filter(ticket__in=list(ticket_ids)).order_by("seq").values_list(*OF_FACTS):
        ticket_id, kind, at, envelope_id, data = row
        states[ticket_id] = apply(states.get(ticket_id), fact_from(kind, at, envelope_id, data, hours_by_id))
    return states
