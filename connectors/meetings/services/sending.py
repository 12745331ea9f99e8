"""From a due row to the calendar: lease it, bring the calendar in line with the meeting outside of any transaction,
note how it went (ruling 29). Each meeting comes to be one event: before anything is asked for again, it is looked for.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from connectors.base.failures import (
    CredentialsRefused,
    Failure,
    Gone,
    HeldBack,
    PermissionMissing,
    RefusedForGood,
    Transient,
)
from connectors.base.sentences import Said
from connectors.meetings.calendars import SharedCalendar, Told
from connectors.meetings.differences import is_alike, kept, to_write, without
from connectors.meetings.enums import CopyState
from connectors.meetings.events import MeetingFailed
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.refusals import said_of
from connectors.meetings.services.following import next_look
from connectors.meetings.services.outcome import OUTLOOK, lock, publish_that, tell, was_cancelled, with_ticket
from connectors.meetings.services.people import refuse_strangers
from connectors.meetings.wording import FAILED
from core import steps
from core.actors import TIMER
from core.errors import Invalid
from core.retry import GIVE_UP_AFTER, next_attempt_at
from core.service import service

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=180)
"""Longer than handing one over can take."""
AT_ONCE = 20
SETTLES_AFTER = timedelta(minutes=10)
"""For so long an event may still appear whose making was not answered."""

ASKED = steps.declare("meetings", "asked")
MADE = steps.declare("meetings", "made")
BROUGHT = steps.declare("meetings", "brought")


def send_due_meetings(*, now: datetime | None = None) -> int:
    """A timer: bring one batch of calendars in line; how many that were. No two workers take the same row."""
    moment = now or timezone.now()
    due = list(CalendarCopy.objects.due(moment).values_list("pk", flat=True)[:AT_ONCE])
    return sum(_send(pk, now=moment) for pk in due)


def _send(copy_id: UUID, *, now: datetime) -> bool:
    copy = _lease(copy_id, now=now)
    if copy is None:
        return False
    try:
        told = _Carrier(copy).carry()
        BROUGHT.reached()
    except _GoneThere:
        _cancelled_there(copy.meeting_id, seen=copy.wanted)
    except Failure as failure:
        _not_sent(copy, failure, now=now)
    except SoftTimeLimitExceeded:  # the worker's time is over; once the lease is too, another one looks after this
        raise
    except Exception as error:  # the outermost loop over meetings: one must not stop the others
        logger.exception("meeting not sent", extra={"meeting": str(copy.meeting_id)})
        _not_sent(copy, Transient(Said("bug", {"cause": type(error).__name__})), now=now)
    else:
        _sent(copy, told, now=now)
    return True


@transaction.atomic
def _lease(copy_id: UUID, *, now: datetime) -> CalendarCopy | None:
    """The row with its meeting as they are now, ours for `LEASE`; None if it is another worker's."""
    rows = CalendarCopy.objects.due(now).select_for_update(of=("self",), skip_locked=True, no_key=True)
    copy = rows.filter(pk=copy_id).first()
    if copy is None:
        return None
    copy.attempts += 1
    copy.leased_until = timezone.now() + LEASE
    copy.save(update_fields=["attempts", "leased_until"])
    meetings = Meeting.objects.select_related("connection", "ticket", "origin", "envelope")
    copy.meeting = meetings.get(pk=copy.meeting_id)
    return copy


class _GoneThere(Exception):  # nothing has failed
    """Somebody has deleted it in the calendar."""


class _Carrier:
    def __init__(self, copy: CalendarCopy) -> None:
        self._copy, self._meeting = copy, copy.meeting
        if not self._meeting.is_cancelled and self._meeting.ends_at <= timezone.now():
            raise RefusedForGood(Said("meeting_late"))
        if not self._meeting.connection.is_active:
            raise Transient(Said("calendar_off"), is_breaking=False)
        self._calendar = SharedCalendar(self._meeting.connection, self._meeting.mailbox)

    def carry(self) -> Told | None:
        """The meeting as it stands in the calendar now; None where it does not any more. Raises a `Failure`."""
        if self._meeting.is_cancelled:
            self._take_out()
            return None
        copy = self._copy
        if not copy.event_id and copy.asked_at is None:
            return self._make()  # Exchange may write titles and addresses in its own way, which is nothing to change
        if not copy.event_id:
            return self._in_line(self._calendar.find(self._meeting.pk) or self._make())
        try:
            return self._in_line(self._calendar.get(copy.event_id))
        except Gone as gone:
            self._calendar.refuse_if_gone()
            raise _GoneThere from gone

    def _make(self) -> Told:
        self._refuse_strangers()
        if self._copy.asked_at is None:
            self._copy.asked_at = timezone.now()
            self._copy.save(update_fields=["asked_at"])
        ASKED.reached()
        try:
            made = self._calendar.create(self._meeting)
        except Gone as gone:
            raise RefusedForGood(Said("calendar_no_mailbox"), status=gone.status) from gone
        MADE.reached()
        return made

    def _in_line(self, told: Told) -> Told:
        """Told to all who are invited, a change writes only what differs: found again, all of it may be there."""
        if self._copy.event_id != told.id:
            self._copy.event_id = told.id
            self._copy.save(update_fields=["event_id"])
        if told.is_cancelled:
            raise _GoneThere
        values = to_write(self._meeting, self._copy, told)
        if not values:
            return told
        self._refuse_strangers()
        self._copy.brought = without(self._copy.brought, values)
        self._copy.save(update_fields=["brought"])
        return self._calendar.change(told.id, values)

    def _refuse_strangers(self) -> None:
        """Who takes part may have changed since it was wanted. Raises RefusedForGood."""
        envelope = with_ticket(self._meeting)
        if envelope is None:
            return
        try:
            refuse_strangers(self._meeting.ticket, envelope, self._meeting.attendees)
        except Invalid as refusal:
            raise RefusedForGood(Said("meeting_stranger")) from refusal

    def _take_out(self) -> None:
        """Raises Transient while it may still appear."""
        event_id = self._copy.event_id
        asked_at = self._copy.asked_at
        if not event_id and asked_at is None:
            return
        if not event_id and asked_at is not None:
            found = self._calendar.find(self._meeting.pk)
            if found is None and timezone.now() - asked_at < SETTLES_AFTER:
                raise Transient(Said("meeting_unclear"), is_breaking=False)
            event_id = found.id if found and not found.is_cancelled else ""
        try:
            if event_id and not (self._copy.attempts > 1 and self._calendar.get(event_id).is_cancelled):
                self._calendar.cancel(event_id, self._meeting.farewell)
        except Gone:
            self._calendar.refuse_if_gone()  # else it is as wanted


@transaction.atomic
def _sent(leased: CalendarCopy, told: Told | None, *, now: datetime) -> None:
    """Also where another worker has taken it meanwhile: it has arrived all the same."""
    copy = CalendarCopy.objects.select_for_update(of=("self",), no_key=True).get(pk=leased.pk)
    copy.done = max(copy.done, leased.wanted)
    copy.leased_until = None
    if told is not None:
        copy.event_id, copy.answers, copy.brought = told.id, told.answers, kept(leased.meeting)
        copy.join_url = told.join_url or copy.join_url
    if copy.done == copy.wanted:
        copy.state, copy.next_attempt_at, copy.attempts = CopyState.DONE, None, 0
        copy.failed_at, copy.last_error = None, {}
        copy.look_due_at = _next_look(leased.meeting, told, now=max(now, timezone.now()))
    else:  # something else is wanted by now
        copy.next_attempt_at, copy.attempts = timezone.now(), 0
    copy.save()


def _next_look(meeting: Meeting, told: Told | None, *, now: datetime) -> datetime | None:
    """At once where somebody has changed it in Outlook, too."""
    if told is None:
        return None
    return next_look(meeting, now=now) if is_alike(meeting, told) else now


@service
def _cancelled_there(meeting_id: UUID, *, seen: int) -> None:
    """It is not made anew: whoever took it out has told those who were invited."""
    meeting = lock(meeting_id)
    copy = meeting.in_calendar
    if not meeting.is_cancelled:
        was_cancelled(meeting, by=OUTLOOK, at=timezone.now())
    copy.done = copy.wanted = max(copy.wanted, seen)
    copy.state, copy.next_attempt_at, copy.leased_until, copy.look_due_at = CopyState.DONE, None, None, None
    copy.save()


def _not_sent(leased: CalendarCopy, failure: Failure, *, now: datetime) -> None:
    """What is refused for good fails at once. What is in the way of all is waited for, a day at most: an admin may mend
    it meanwhile. What was not sent at all counts as no attempt.
    """
    said = said_of(failure, leased.meeting.mailbox)
    logger.info("meeting not sent", extra={"meeting": str(leased.meeting_id), "said": failure.said.code})
    again = _again_at(leased, failure, now=max(now, timezone.now()))
    if again is None or isinstance(failure, RefusedForGood | Gone):
        _fail(leased.meeting_id, attempts=leased.attempts, said=said)
        return
    attempts = leased.attempts - isinstance(failure, HeldBack)
    with transaction.atomic():
        copy = CalendarCopy.objects.select_for_update(of=("self",), no_key=True).get(pk=leased.pk)
        if copy.attempts != leased.attempts:  # each lease counts one more, so that the number says whose it is
            return
        copy.next_attempt_at, copy.leased_until, copy.attempts = again, None, attempts
        copy.last_error = said.as_json()
        copy.save()


def _again_at(leased: CalendarCopy, failure: Failure, *, now: datetime) -> datetime | None:
    pause = timedelta(seconds=getattr(failure, "pause", None) or 0.0)
    if isinstance(failure, HeldBack):
        held = now + max(pause, timedelta(seconds=1))
        return held if held - leased.queued_at <= GIVE_UP_AFTER else None
    if isinstance(failure, PermissionMissing | CredentialsRefused):
        pause = max(pause, timedelta(minutes=1))
    again = next_attempt_at(leased.attempts, since=leased.queued_at, now=now)
    return max(again, now + pause) if again else None


@service
def _fail(meeting_id: UUID, *, attempts: int, said: Said) -> None:
    """For all to see who read along; a person tries it again or cancels it."""
    meeting = lock(meeting_id)
    copy = meeting.in_calendar
    if copy.attempts != attempts or copy.next_attempt_at is None:
        return
    copy.state, copy.failed_at, copy.last_error = CopyState.FAILED, timezone.now(), said.as_json()
    copy.next_attempt_at = copy.leased_until = None
    copy.save()
    tell(meeting, FAILED, by=TIMER, why=said.as_json())
    publish_that(MeetingFailed, meeting, by=TIMER, at=copy.failed_at)
    logger.warning("meeting failed", extra={"meeting": str(meeting_id), "said": said.code})
