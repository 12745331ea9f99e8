"""What happens to tickets begins and ends reminders to their customers, in the same transaction."""

from core.events import subscribe
from sla.client_reminders import services
from sla.enums import Metric
from sla.events import DueMoved, PauseChanged
from tickets.enums import TicketStatus
from tickets.events import PriorityChanged, PublicReplyReleased, StatusChanged

WAITING = TicketStatus.WAITING_CUSTOMER


@subscribe(StatusChanged)
def follow_status(event: StatusChanged) -> None:
    if event.new == WAITING:
        services.begin_asking(event.ticket_id, at=event.occurred_at)
    elif event.old == WAITING:
        services.end_asking(event.ticket_id)


@subscribe(PublicReplyReleased)
def put_off(event: PublicReplyReleased) -> None:
    services.put_off_asking(event.ticket_id, at=event.occurred_at)


@subscribe(PriorityChanged)
def follow_priority(event: PriorityChanged) -> None:
    services.follow_other_rule(event.ticket_id, at=event.occurred_at)


@subscribe(PauseChanged)
def follow_pause(event: PauseChanged) -> None:
    """The clocks do not tell of it: while the customer's answer is waited for they stand still before and after."""
    services.look_again(event.ticket_id, at=event.occurred_at)


@subscribe(DueMoved)
def follow_hours(event: DueMoved) -> None:
    """Other hours."""
    if event.metric == Metric.RESOLUTION and event.envelope_id is None:
        services.look_again(event.ticket_id, at=event.occurred_at)
