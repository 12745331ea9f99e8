"""Approvals: who is to decide, and what was decided (domain.md section 8). What customers get is told to no others."""

from typing import Any
from uuid import UUID

from accounts.models import Agent
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.receivers import owner_and_deputy
from notifications.services import notify
from tickets.events import ApprovalOverdue, ResolutionDecided, ResolutionRecorded
from tickets.models import Resolution
from tickets.policies import may_read_compensation
from tickets.resolutions import approvers_of


def _resolution(resolution_id: UUID) -> Resolution:
    people = ("ticket__team__lead", "ticket__team__supervisor", "ticket__team__manager", "ticket__owner", "agent")
    return Resolution.objects.select_related(*people).get(pk=resolution_id)


def _facts(resolution: Resolution) -> dict[str, Any]:
    return {
        "reference": resolution.ticket.reference,
        "agent": resolution.agent.name,
        "type": str(resolution.resolution_type),
        "amount": resolution.amount_text,
        "resolution": str(resolution.pk),
    }


@subscribe(ResolutionRecorded, after_commit=True)
def tell_approvers(event: ResolutionRecorded) -> None:
    """The nearest level that can decide; not if somebody has decided meanwhile."""
    resolution = _resolution(event.resolution_id)
    if resolution.is_pending:
        _tell(resolution, approvers_of(resolution)[:1], EventType.APPROVAL_REQUESTED)


@subscribe(ApprovalOverdue, after_commit=True)
def remind_approvers(event: ApprovalOverdue) -> None:
    """That level again, and the next one."""
    resolution = _resolution(event.resolution_id)
    if resolution.is_pending:
        _tell(resolution, approvers_of(resolution)[:2], EventType.APPROVAL_OVERDUE)


def _tell(resolution: Resolution, levels: list[list[Agent]], event_type: EventType) -> None:
    notify(
        {agent.pk for level in levels for agent in level},
        event_type,
        ticket_id=resolution.ticket_id,
        dedupe_key=f"{event_type}:{resolution.pk}",
        urgency=Urgency.URGENT,
        **_facts(resolution),
    )


@subscribe(ResolutionDecided, after_commit=True)
def tell_of_decision(event: ResolutionDecided) -> None:
    """Whoever asked, the owner and their deputy, with the reason; never somebody who may no longer read it."""
    resolution = _resolution(event.resolution_id)
    wanted = owner_and_deputy(resolution.ticket) | {resolution.agent_id, resolution.created_by_id}
    people = Agent.objects.active().filter(pk__in=wanted)
    notify(
        [person.pk for person in people if may_read_compensation(person, resolution.ticket)],
        EventType.APPROVAL_DECIDED,
        ticket_id=resolution.ticket_id,
        dedupe_key=f"decided:{resolution.pk}",
        besides=event.by_id,
        status=event.status,
        note=resolution.approval_note,
        **_facts(resolution),
    )
