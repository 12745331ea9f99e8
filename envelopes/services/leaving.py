"""An expert whose access has ended helps nobody, and nobody helps on a ticket of their own: what they had goes on
without them.
"""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Agent
from core.actors import Actor
from core.events import publish
from core.service import service
from envelopes.clock import clock
from envelopes.enums import EnvelopeStatus, LeftBy
from envelopes.events import EnvelopeReleased
from envelopes.models import Envelope, EnvelopeParticipant
from envelopes.querysets import EnvelopeQuerySet
from envelopes.services._common import id_of, lock, save, take_out, write
from tickets.services import lock_ticket

S = EnvelopeStatus


@service
def replace_leaver(agent_id: UUID, *, by: Actor) -> int:
    """Give back all open envelopes of somebody whose access has ended: to the team, else to whoever asked. Answers how
    many there were; those who wait for the help are told of each.
    """
    agent = Agent.objects.get(pk=agent_id)
    if agent.is_active:
        return 0
    found = list(_helped_by(agent).order_by("ticket_id", "number").values_list("pk", flat=True))
    for envelope_id in found:
        _give_back(lock(envelope_id), agent, by=by, why=LeftBy.LEAVING)
    return len(found)


@service
def replace_new_owner(ticket_id: UUID, *, agent_id: UUID, by: Actor) -> int:
    """Give back the open envelopes of a ticket in which its new owner helps, as `replace_leaver` does. Answers how many
    there were.
    """
    ticket = lock_ticket(ticket_id)
    if ticket.owner_id != agent_id:
        return 0
    agent = Agent.objects.get(pk=agent_id)
    found = list(_helped_by(agent).filter(ticket=ticket_id).order_by("number").values_list("pk", flat=True))
    for envelope_id in found:
        _give_back(lock(envelope_id), agent, by=by, why=LeftBy.OWNING)
    return len(found)


def _helped_by(agent: Agent) -> EnvelopeQuerySet:
    takes_part = EnvelopeParticipant.objects.filter(envelope=OuterRef("pk"), agent=agent, left_at__isnull=True)
    return Envelope.objects.open().filter(Q(assigned_to=agent) | Exists(takes_part))


def _give_back(envelope: Envelope, agent: Agent, *, by: Actor, why: LeftBy) -> None:
    now = timezone.now()
    take_out(envelope, agent, by=by, at=now)
    if envelope.assigned_to_id != agent.pk:
        save(envelope, by=by)
        return
    if envelope.status == S.PENDING:
        envelope.decline()
    else:
        envelope.release(at=now, timeout_due_at=clock().timeout_at(envelope, start=now))
    save(envelope, by=by)
    write(envelope, by=by, event=f"envelope_{why}", expert=agent.name)
    publish(
        EnvelopeReleased(
            envelope_id=envelope.pk,
            ticket_id=envelope.ticket_id,
            by_id=id_of(by),
            former_agent_id=agent.pk,
            why=str(why),
            occurred_at=now,
        )
    )
