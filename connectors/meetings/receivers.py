"""What becomes of meetings when tickets change, and whom a failed one is told."""

from accounts.models import Agent
from connectors.meetings.events import MeetingFailed
from connectors.meetings.models import Meeting
from connectors.meetings.services.merging import follow_tickets
from core.events import subscribe
from notifications.enums import EventType, Urgency
from notifications.receivers import owner_and_deputy
from notifications.services import notify
from tickets.events import MergeUndone, TicketMerged


@subscribe(TicketMerged)
def follow_merge(event: TicketMerged) -> None:
    """In the merge's own transaction: at no moment does a meeting belong to nobody."""
    follow_tickets(event.ticket_id, by=Agent.objects.get(pk=event.by_id))


@subscribe(MergeUndone)
def follow_undone_merge(event: MergeUndone) -> None:
    follow_tickets(event.from_id, by=Agent.objects.get(pk=event.by_id))


@subscribe(MeetingFailed, after_commit=True)
def tell_of_failed_meeting(event: MeetingFailed) -> None:
    """Whoever has arranged it, while they may read of it, else the ticket's owner and deputy."""
    meeting = Meeting.objects.with_all().get(pk=event.meeting_id)
    may_read = Meeting.objects.visible_to(meeting.arranged_by).filter(pk=meeting.pk).exists()
    notify(
        {meeting.arranged_by_id} if may_read and meeting.arranged_by.is_active else owner_and_deputy(meeting.ticket),
        EventType.MEETING_FAILED,
        ticket_id=meeting.ticket_id,
        dedupe_key=f"meeting-failed:{meeting.pk}:{event.occurred_at.isoformat()}",
        urgency=Urgency.URGENT,
        reference=meeting.ticket.reference,
    )
