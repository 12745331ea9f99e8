"""Every write to meetings: lock ticket, meeting and its row of the calendar; check, change, record, tell, publish."""

from connectors.meetings.services.arranging import (
    Wanted,
    arrange_meeting,
    cancel_meeting,
    change_meeting,
    retry_meeting,
)
from connectors.meetings.services.following import follow_due_meetings
from connectors.meetings.services.outcome import TASK
from connectors.meetings.services.sending import send_due_meetings

__all__ = [
    "TASK",
    "Wanted",
    "arrange_meeting",
    "cancel_meeting",
    "change_meeting",
    "follow_due_meetings",
    "retry_meeting",
    "send_due_meetings",
]
