"""What lists and cards tell of the help on a ticket."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from accounts.models import Agent
from accounts.selectors import reach_of
from core.arrays import any_id
from core.compiled import Compiled
from envelopes.enums import Awaiting
from envelopes.models import Envelope
from tickets.models import Ticket


@dataclass(frozen=True)
class EnvelopeHint:
    """What a list tells of the help on a ticket. How much there is of it and whom it asks, all who see the ticket may
    know (object rule 2); whose turn it is, those who read the envelope.
    """

    open_count: int
    target: str
    """Of the only one, or of that in which the owner has to act."""
    awaits_owner: bool


def hints_on(tickets: Sequence[Ticket], agent: Agent) -> dict[UUID, EnvelopeHint]:
    """For tickets with open envelopes; the others are left out. One query, and one more where owners of others' tickets
    have to act.
    """
    by_ticket: dict[UUID, list[Envelope]] = {}
    found = _OPEN_ON.fetch([ticket.pk for ticket in tickets])
    for each in found:
        by_ticket.setdefault(each.ticket_id, []).append(each)
    reach = reach_of(agent)
    own = {ticket.pk for ticket in tickets if ticket.owner_id in reach.covers | {agent.pk} or reach.sees_everything}
    waiting = [each for each in found if each.awaiting == Awaiting.OWNER]
    told = {each.pk for each in waiting if each.ticket_id in own}
    if foreign := [each.pk for each in waiting if each.pk not in told]:
        readable = Envelope.objects.thread_visible_to(agent).filter(any_id("id", foreign))
        told |= set(readable.order_by().values_list("pk", flat=True))
    return {ticket_id: _hint(envelopes, told) for ticket_id, envelopes in by_ticket.items()}


_OPEN_ON = Compiled(
    lambda ids: (
        Envelope.objects.open().filter(any_id("ticket", ids)).select_related("team", "assigned_to").order_by("number")
    ),
    [uuid4()],
)


def _hint(envelopes: Sequence[Envelope], told: Collection[UUID]) -> EnvelopeHint:
    """`told`: those that wait for the owner, as far as the reader may know."""
    waiting = [each for each in envelopes if each.pk in told]
    return EnvelopeHint(len(envelopes), (waiting or envelopes)[0].target, bool(waiting))
