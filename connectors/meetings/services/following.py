"""What becomes of meetings in Outlook: answers, other times, cancellations. Each that is still ahead is looked at now
and then; one that is over, or not there any more, never again.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from connectors.base.failures import Failure, Gone
from connectors.meetings.calendars import SharedCalendar, Told, title_of
from connectors.meetings.differences import kept
from connectors.meetings.enums import CopyState
from connectors.meetings.events import MeetingChanged
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.services.outcome import OUTLOOK, lock, publish_that, tell, was_cancelled
from connectors.meetings.wording import CHANGED, MOVED
from core.history import record
from core.service import service

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=15)
AT_ONCE = 20


def next_look(meeting: Meeting, *, now: datetime) -> datetime | None:
    return now + LOOK_EVERY if meeting.ends_at > now and not meeting.is_cancelled else None


def follow_due_meetings(*, now: datetime | None = None) -> int:
    """A timer: look at one batch of what is due; how many that were."""
    moment = now or timezone.now()
    due = list(CalendarCopy.objects.to_look_at(moment).values_list("pk", flat=True)[:AT_ONCE])
    return sum(_followed(pk, now=moment) for pk in due)


def _followed(copy_id: UUID, *, now: datetime) -> bool:
    """The outermost loop over meetings: one must not stop the others."""
    try:
        return _follow(copy_id, now=now)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("meeting not followed", extra={"copy": str(copy_id)})
        return True


def _follow(copy_id: UUID, *, now: datetime) -> bool:
    copy = _take(copy_id, now=now)
    if copy is None:
        return False
    meeting = copy.meeting
    if not meeting.connection.is_active:
        return True
    try:
        calendar = SharedCalendar(meeting.connection, meeting.mailbox)
        try:
            told: Told | None = calendar.get(copy.event_id)
        except Gone:
            calendar.refuse_if_gone()
            told = None
    except Failure as failure:  # its health tells; the next look is due anyway
        logger.info("meeting not looked at", extra={"meeting": str(meeting.pk), "said": failure.said.code})
    else:
        _take_over(meeting.pk, told, seen=copy.wanted)
    return True


@transaction.atomic
def _take(copy_id: UUID, *, now: datetime) -> CalendarCopy | None:
    """The row, its next look put off; None if another worker has it."""
    rows = CalendarCopy.objects.to_look_at(now).select_for_update(of=("self",), skip_locked=True, no_key=True)
    copy = rows.filter(pk=copy_id).first()
    if copy is None:
        return None
    copy.meeting = Meeting.objects.select_related("connection").get(pk=copy.meeting_id)
    copy.look_due_at = next_look(copy.meeting, now=now)
    copy.save(update_fields=["look_due_at"])
    return copy


@service
def _take_over(meeting_id: UUID, told: Told | None, *, seen: int) -> None:
    """`seen`: what the desk wanted when it was looked at; if that is something else by now, the desk's word goes."""
    meeting = lock(meeting_id)
    copy, now = meeting.in_calendar, timezone.now()
    if copy.wanted != seen or copy.state != CopyState.DONE or meeting.is_cancelled:
        return
    if told is None or told.is_cancelled:
        copy.look_due_at = None
        copy.save(update_fields=["look_due_at"])
        was_cancelled(meeting, by=OUTLOOK, at=now)
        return
    before = meeting.starts_at
    is_changed = _changed(meeting, told)
    found = {"answers": told.answers, "join_url": told.join_url or copy.join_url, "brought": kept(meeting)}
    if any(getattr(copy, name) != value for name, value in found.items()):
        for name, value in found.items():
            setattr(copy, name, value)
        copy.save(update_fields=list(found))
    if is_changed:
        record(meeting, by=OUTLOOK)
        if meeting.starts_at != before:
            tell(meeting, MOVED, by=OUTLOOK, **{"from": before.isoformat()})
        else:
            tell(meeting, CHANGED, by=OUTLOOK)
        publish_that(MeetingChanged, meeting, by=OUTLOOK, at=now)


def _changed(meeting: Meeting, told: Told) -> bool:
    """Whether it is another one than before; what cannot be read stays as it is."""
    before = (meeting.title, meeting.starts_at, meeting.ends_at, list(meeting.attendees))
    if told.starts_at and told.ends_at and told.ends_at > told.starts_at:
        meeting.starts_at, meeting.ends_at = told.starts_at, told.ends_at
    if told.title != title_of(meeting):
        title = " ".join(told.title.replace(f"[{meeting.origin.reference}]", "").split())[:200]
        meeting.title = title or meeting.title
    if set(told.answers) != set(meeting.attendees):
        meeting.attendees = list(told.answers) or meeting.attendees
    return (meeting.title, meeting.starts_at, meeting.ends_at, list(meeting.attendees)) != before
