""" "I am working on this": said of a ticket, it keeps its deliveries away for an hour (domain.md section 14)."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import Agent
from core.errors import NotFound
from core.events import publish
from core.service import service
from notifications.errors import MayNotWorkOnTickets, TicketHasEnded
from notifications.events import WorkSaid
from notifications.models import WorkingOn
from notifications.planning import WORKING_FOR
from notifications.policies import may_work_on_tickets
from tickets.enums import OPEN, TicketStatus
from tickets.models import Ticket
from tickets.transitions import transitions_from

FORGOTTEN_AT_ONCE = 5000


@service
def start_working(ticket_id: UUID, *, by: Agent) -> WorkingOn:
    """From now on for `WORKING_FOR`; said again, it counts anew. No update of the ticket.

    Raises NotFound, MayNotWorkOnTickets, or TicketHasEnded for one that is resolved or closed.
    """
    ticket = Ticket.objects.visible_to(by).filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound
    if not may_work_on_tickets(by):
        raise MayNotWorkOnTickets
    if ticket.status not in OPEN:
        raise TicketHasEnded(reference=ticket.reference, allowed=transitions_from(TicketStatus(ticket.status)))
    now = timezone.now()
    row, is_new = WorkingOn.objects.get_or_create(agent=by, ticket=ticket, defaults={"until": now + WORKING_FOR})
    if not is_new:
        row.until = now + WORKING_FOR
        row.save(update_fields=["until"])
    publish(WorkSaid(ticket_id=ticket.pk, agent_id=by.pk, occurred_at=now))
    return row


@service
def stop_working(ticket_id: UUID, *, by: Agent) -> None:
    """What is told from now on is delivered again; nothing happens if there was nothing to stop."""
    if WorkingOn.objects.filter(ticket_id=ticket_id, agent=by).delete()[0]:
        publish(WorkSaid(ticket_id=ticket_id, agent_id=by.pk, occurred_at=timezone.now()))


def end_work_on(ticket_id: UUID, *, at: datetime) -> None:
    """The ticket has ended. Within the transaction of that."""
    for row in WorkingOn.objects.filter(ticket_id=ticket_id).order_by("agent_id"):
        row.delete()
        publish(WorkSaid(ticket_id=ticket_id, agent_id=row.agent_id, occurred_at=at))


def forget_work_done(*, now: datetime) -> int:
    """A timer: remove one batch of what is over."""
    over = WorkingOn.objects.filter(until__lte=now).order_by("until").values("pk")[:FORGOTTEN_AT_ONCE]
    return WorkingOn.objects.filter(pk__in=over).delete()[0]
