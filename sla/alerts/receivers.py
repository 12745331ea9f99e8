"""What happens to tickets moves their alerts, in the same transaction: a ticket and its alerts never disagree."""

from core.events import subscribe
from sla.alerts import services
from sla.alerts.enums import OVER
from sla.enums import Metric
from sla.events import DueMoved
from tickets.enums import EntryKind, TicketStatus
from tickets.events import PriorityChanged, StaffActed, StatusChanged, TicketAccepted, TicketCreated

NO_WORK = (EntryKind.OWNERSHIP, EntryKind.STATUS_CHANGE)
"""Who owns it is told by other events, and after a transfer alerts go on unchanged; a status has its own event."""


def _came_by_mail(event: TicketCreated) -> bool:
    return not event.is_prepared


@subscribe(TicketCreated, after_commit=True, when=_came_by_mail)
def begin_watching(event: TicketCreated) -> None:
    """Over what a mail has made; over all others with the statement that writes them."""
    services.begin_watching_late(event.ticket_id)


@subscribe(TicketAccepted)
def close_not_assigned_cycle(event: TicketAccepted) -> None:
    services.begin_staleness(event.ticket_id, at=event.occurred_at)


@subscribe(StaffActed)
def begin_not_updated_cycle(event: StaffActed) -> None:
    if event.kind not in NO_WORK:
        services.restart_staleness(event.ticket_id, at=event.occurred_at)


@subscribe(StatusChanged)
def follow_status(event: StatusChanged) -> None:
    if event.new in OVER:
        if event.old not in OVER:
            services.end_watching(event.ticket_id, at=event.occurred_at)
    elif event.old in OVER:
        is_owned = event.new != TicketStatus.NEW
        services.begin_again(event.ticket_id, is_owned=is_owned, at=event.occurred_at)
    elif event.by_id is not None:
        services.restart_staleness(event.ticket_id, at=event.occurred_at)
    else:
        services.look_again(event.ticket_id, at=event.occurred_at)


@subscribe(PriorityChanged)
def follow_priority(event: PriorityChanged) -> None:
    services.look_again(event.ticket_id, at=event.occurred_at)


@subscribe(DueMoved)
def follow_due(event: DueMoved) -> None:
    if event.metric == Metric.RESOLUTION and event.envelope_id is None and event.due_at is not None:
        services.follow_due(event.ticket_id, due_at=event.due_at, at=event.occurred_at)
