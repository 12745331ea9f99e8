"""What happens becomes a change in the log, in the same transaction: whoever hears of it finds it committed."""

from collections.abc import Callable
from functools import partial

from django.db import transaction

from accounts.events import AgentDeactivated
from core.events import subscribe
from envelopes.events import TURNING, EnvelopeEvent
from envelopes.turns import people_of
from live import presence, services
from notifications.events import PeopleTold, WorkSaid
from sla.alerts.events import AlertsOutdated
from tickets.events import EntryMoved, MergeUndone, TaskAssigned, TaskChanged, TicketMerged, TicketTouched


@subscribe(TicketTouched)
def ticket_touched(event: TicketTouched) -> None:
    services.ticket_changed(event.ticket_id)


@subscribe(TaskChanged)
def task_changed(event: TaskChanged) -> None:
    services.ticket_changed(event.ticket_id)


@subscribe(TaskAssigned)
def task_assigned(event: TaskAssigned) -> None:
    services.ticket_changed(event.ticket_id)


@subscribe(EntryMoved)
def entry_moved(event: EntryMoved) -> None:
    services.ticket_changed(event.ticket_id, event.from_ticket_id)


@subscribe(TicketMerged)
def ticket_merged(event: TicketMerged) -> None:
    services.ticket_changed(event.ticket_id, event.into_id)


@subscribe(MergeUndone)
def merge_undone(event: MergeUndone) -> None:
    services.ticket_changed(event.ticket_id, event.from_id)


@subscribe(PeopleTold)
def people_told(event: PeopleTold) -> None:
    services.people_told(event.agent_ids)


@subscribe(AlertsOutdated)
def alerts_outdated(event: AlertsOutdated) -> None:
    services.alerts_cleared(event.ticket_id, event.conditions)


@subscribe(WorkSaid)
def work_said(event: WorkSaid) -> None:
    """Open pages of the ticket ask anew who is there, once it is committed."""
    transaction.on_commit(partial(presence.changed, event.ticket_id), robust=True)


def _turns_after(kind: type[EnvelopeEvent]) -> Callable[[EnvelopeEvent], None]:
    """Whose turn it is may be other than before, also for whoever acted, whom nobody tells of their own acts."""

    def receiver(event: EnvelopeEvent) -> None:
        services.people_told(people_of(event))

    receiver.__qualname__ = f"turns_after_{kind.__name__}"
    return receiver


for _kind in TURNING:
    subscribe(_kind, after_commit=True)(_turns_after(_kind))


@subscribe(AgentDeactivated)
def agent_deactivated(event: AgentDeactivated) -> None:
    services.access_changed(event.agent_id)
