"""Meetings go on with their ticket: after a merge on the other one, whose owner decides on them, and back again."""

from uuid import UUID

from connectors.meetings.models import Meeting
from core.actors import Actor
from core.history import record
from core.service import service
from tickets.models import Ticket


@service
def follow_tickets(ticket_id: UUID, *, by: Actor) -> None:
    """Put each meeting of the ticket on the one into which that is merged by which its attendees know it; after a merge
    was undone, on that itself. An envelope's stay with the envelope. For receivers, under the locks of the merge.
    """
    for meeting in (
        Meeting.objects.filter(ticket=ticket_id, envelope__isnull=True).select_related("origin").for_update()
    ):
        where = _end_of(meeting.origin)
        if meeting.ticket_id != where.pk:
            meeting.ticket = where
            record(meeting, by=by, reason="merge")


def _end_of(ticket: Ticket) -> Ticket:
    """Through all merges; no circle can come to be, since only open tickets are merged, into open ones."""
    while ticket.merged_into is not None:
        ticket = ticket.merged_into
    return ticket
