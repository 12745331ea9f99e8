"""What arranging, sending and following share: reading under lock, the line on the thread, what comes of a look."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Agent
from connectors.meetings.events import MeetingCancelled, MeetingEvent
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.wording import CANCELLED
from core.actors import Actor, system_actor
from core.events import publish
from core.history import record
from envelopes.models import Envelope
from envelopes.services import tell_in_envelope
from tickets.services import lock_ticket, tell_inside

TASK = "connectors.meetings.send_due"
OUTLOOK = system_actor("Outlook")
"""Somebody has done it in the calendar itself."""


def lock(meeting_id: UUID) -> Meeting:
    """The meeting with the row of its calendar as they are now, its ticket locked first, as by all who write in it."""
    while True:
        ticket = lock_ticket(Meeting.objects.values_list("ticket_id", flat=True).get(pk=meeting_id))
        meeting = Meeting.objects.for_update().get(pk=meeting_id)
        if meeting.ticket_id == ticket.pk:  # else a merge was quicker
            break
    meeting.ticket = ticket
    if meeting.origin_id == ticket.pk:
        meeting.origin = ticket
    meeting.in_calendar = CalendarCopy.objects.select_for_update(of=("self",), no_key=True).get(meeting=meeting)
    return meeting


def with_ticket(meeting: Meeting) -> Envelope | None:
    """The envelope it belongs to, which knows its ticket without another query."""
    if meeting.envelope is not None:
        meeting.envelope.ticket = meeting.ticket
    return meeting.envelope


def tell(meeting: Meeting, event: str, *, by: Actor, **facts: Any) -> None:
    """A line where the meeting belongs; an envelope's stands in its thread alone."""
    told = {
        "event": event,
        "meeting": str(meeting.pk),
        "reference": meeting.ticket.reference,
        "title": meeting.title,
        "at": meeting.starts_at.isoformat(),
        **facts,
    }
    if meeting.envelope_id is None:
        tell_inside(meeting.ticket, by=by, facts=told, words=meeting.title)
    else:
        tell_in_envelope(meeting.envelope_id, by=by, facts=told)


def publish_that(event: type[MeetingEvent], meeting: Meeting, *, by: Actor, at: datetime) -> None:
    publish(
        event(
            meeting_id=meeting.pk,
            ticket_id=meeting.ticket_id,
            envelope_id=meeting.envelope_id,
            by_id=by.pk if isinstance(by, Agent) else None,
            occurred_at=at,
        )
    )


def was_cancelled(meeting: Meeting, *, by: Actor, at: datetime, farewell: str = "") -> None:
    """Of a locked one: save, tell, publish."""
    meeting.cancel(at=at, farewell=farewell)
    record(meeting, by=by)
    tell(meeting, CANCELLED, by=by)
    publish_that(MeetingCancelled, meeting, by=by, at=at)
