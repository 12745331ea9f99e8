"""What people decide about meetings; a worker brings the calendar in line with it afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from connectors.meetings.enums import CopyState
from connectors.meetings.errors import MeetingForbidden, MeetingNotFailed, MeetingOver, NoCalendar
from connectors.meetings.events import MeetingArranged, MeetingChanged
from connectors.meetings.kinds import MAILBOX
from connectors.meetings.models import CalendarCopy, Meeting
from connectors.meetings.policies import may_arrange
from connectors.meetings.selectors import calendar_for
from connectors.meetings.services.outcome import TASK, lock, publish_that, tell, was_cancelled
from connectors.meetings.services.people import usable_attendees
from connectors.meetings.wording import ARRANGED, CHANGED, MOVED
from core import wake
from core.actors import Actor
from core.errors import Invalid, NotFound, StaleVersion, Text
from core.history import record
from core.service import service
from envelopes.enums import EnvelopeKind, EnvelopeStatus
from envelopes.errors import EnvelopeActForbidden, EnvelopeTransition
from envelopes.models import Envelope
from envelopes.transitions import steps_from
from tickets.errors import NotOwner, OwnersActForbidden, TicketClosed, TicketUnowned
from tickets.models import Ticket
from tickets.policies import is_staff_role, works_in
from tickets.services import lock_ticket

LONGEST_TITLE, LONGEST_TEXT, LONGEST_FAREWELL = 200, 10_000, 1_000
LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
AHEAD = timedelta(days=366)
EDITABLE = ("title", "starts_at", "minutes", "attendees")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A meeting as somebody asks for it."""

    title: str
    starts_at: datetime
    """Aware."""
    minutes: int
    attendees: Sequence[str]
    text: str = ""
    is_online: bool = True


@service
def arrange_meeting(
    ticket_id: UUID, wanted: Wanted, *, by: Actor, envelope_id: UUID | None = None, version: int | None = None
) -> Meeting:
    """A meeting of the ticket, or of one of its envelopes. `version` is that of the ticket or envelope one saw.

    Raises NotOwner, EnvelopeActForbidden or another Forbidden, TicketUnowned, TicketClosed, EnvelopeTransition,
    NoCalendar, Invalid, StaleVersion.
    """
    ticket = lock_ticket(ticket_id)
    envelope = _envelope(ticket, envelope_id)
    agent = _refuse_unless_theirs(by, ticket, envelope)
    _refuse_ended(ticket, envelope)
    connection = calendar_for(ticket.team_id)
    if connection is None:
        raise NoCalendar(team=ticket.team.name)
    now = timezone.now()
    meeting = Meeting(
        ticket=ticket,
        envelope=envelope,
        connection=connection,
        mailbox=connection.settings[MAILBOX].lower(),
        arranged_by=agent,
        text=wanted.text.strip(),
        is_online=wanted.is_online,
    )
    _fill(meeting, wanted.title, wanted.starts_at, wanted.minutes, now=now)
    _refuse_texts(meeting, text=meeting.text)
    meeting.attendees = usable_attendees(ticket, envelope, wanted.attendees)
    _check_version(version, (envelope or ticket).version)
    record(meeting, by=by)
    meeting.in_calendar = CalendarCopy.objects.create(meeting=meeting, queued_at=now, next_attempt_at=now)
    tell(meeting, ARRANGED, by=by)
    publish_that(MeetingArranged, meeting, by=by, at=now)
    wake.after_commit(TASK)
    return meeting


@service
def change_meeting(meeting_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> Meeting:
    """Change `title`, `starts_at`, `minutes` or `attendees`; who is invited is told by the calendar.

    Raises as `arrange_meeting`, and MeetingOver.
    """
    if unknown := set(values) - set(EDITABLE):
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    meeting = _theirs(meeting_id, by=by)
    now = timezone.now()
    if meeting.is_over(now):
        raise MeetingOver
    _refuse_ended(meeting.ticket, meeting.envelope)
    before = _shape(meeting)
    starts_at, minutes = values.get("starts_at", meeting.starts_at), values.get("minutes", meeting.minutes)
    is_moved = (starts_at, minutes) != (meeting.starts_at, meeting.minutes)
    _fill(meeting, values.get("title", meeting.title), starts_at, minutes, now=now if is_moved else None)
    _refuse_texts(meeting)
    if "attendees" in values:
        meeting.attendees = usable_attendees(meeting.ticket, meeting.envelope, values["attendees"])
    _check_version(version, meeting.version)
    if _shape(meeting) == before:
        return meeting
    record(meeting, by=by)
    _want(meeting.in_calendar, at=now)
    if meeting.starts_at != before[1]:
        tell(meeting, MOVED, by=by, **{"from": before[1].isoformat()})
    else:
        tell(meeting, CHANGED, by=by)
    publish_that(MeetingChanged, meeting, by=by, at=now)
    return meeting


@service
def cancel_meeting(meeting_id: UUID, *, by: Actor, farewell: str = "", version: int | None = None) -> Meeting:
    """It does not take place; the calendar tells who is invited, with `farewell`. Also once the ticket is closed.

    Raises Forbidden ones, MeetingOver, Invalid, StaleVersion.
    """
    meeting = _theirs(meeting_id, by=by)
    now = timezone.now()
    if meeting.is_over(now):
        raise MeetingOver
    farewell = farewell.strip()
    if len(farewell) > LONGEST_FAREWELL:
        raise Invalid({"farewell": _("At most %(count)d characters.") % {"count": LONGEST_FAREWELL}})
    _refuse_texts(meeting, farewell=farewell)
    _check_version(version, meeting.version)
    was_cancelled(meeting, by=by, at=now, farewell=farewell)
    _want(meeting.in_calendar, at=now)
    return meeting


@service
def retry_meeting(meeting_id: UUID, *, by: Actor, version: int | None = None) -> Meeting:
    """Send a failed one once more, at once. Raises Forbidden ones, MeetingNotFailed, MeetingOver, StaleVersion."""
    meeting = _theirs(meeting_id, by=by)
    copy, now = meeting.in_calendar, timezone.now()
    if copy.state != CopyState.FAILED:
        raise MeetingNotFailed
    if not meeting.is_cancelled and meeting.ends_at <= now:
        raise MeetingOver
    _check_version(version, meeting.version)
    copy.queue(at=now)
    copy.attempts = 1  # it was asked for already, and is looked at first
    copy.save()
    wake.after_commit(TASK)
    return meeting


def _want(copy: CalendarCopy, *, at: datetime) -> None:
    """Also while a worker is at it: it finds that more is wanted than it has sent."""
    copy.wanted += 1
    copy.look_due_at = None
    copy.queue(at=at)
    copy.save()
    wake.after_commit(TASK)


def _theirs(meeting_id: UUID, *, by: Actor) -> Meeting:
    """Locked. Raises NotFound, and Forbidden for whoever may not act there."""
    try:
        meeting = lock(meeting_id)
    except Meeting.DoesNotExist as error:
        raise NotFound from error
    _refuse_unless_theirs(by, meeting.ticket, _with_ticket(meeting))
    return meeting


def _with_ticket(meeting: Meeting) -> Envelope | None:
    if meeting.envelope is not None:
        meeting.envelope.ticket = meeting.ticket
    return meeting.envelope


def _envelope(ticket: Ticket, envelope_id: UUID | None) -> Envelope | None:
    """As it is now: whoever changes one locks its ticket first."""
    if envelope_id is None:
        return None
    envelope = Envelope.objects.filter(ticket=ticket, pk=envelope_id).first()
    if envelope is None:
        raise NotFound
    envelope.ticket = ticket
    return envelope


def _refuse_unless_theirs(by: Actor, ticket: Ticket, envelope: Envelope | None) -> Agent:
    if not isinstance(by, Agent):
        raise MeetingForbidden
    if may_arrange(by, ticket, envelope):
        return by
    if envelope is not None:
        raise EnvelopeActForbidden(number=envelope.number, reference=ticket.reference)
    if ticket.owner is None and works_in(by, ticket.team):
        raise TicketUnowned(reference=ticket.reference, allowed=["accept"])
    if ticket.owner is None or not is_staff_role(by):
        raise OwnersActForbidden
    raise NotOwner(owner=ticket.owner.name, reference=ticket.reference)


def _refuse_ended(ticket: Ticket, envelope: Envelope | None) -> None:
    if ticket.is_ended:
        raise TicketClosed(reference=ticket.reference)
    if envelope is not None and envelope.status != EnvelopeStatus.ACTIVE:
        label = EnvelopeStatus(envelope.status).label
        raise EnvelopeTransition(number=envelope.number, status=label, allowed=steps_from(envelope.status))


def _fill(meeting: Meeting, title: str, starts_at: datetime, minutes: int, *, now: datetime | None) -> None:
    """`now`: its time is new, and must lie ahead. Raises Invalid."""
    meeting.title = " ".join(title.split())
    problems: dict[str, Text | list[Text]] = {}
    if not 0 < len(meeting.title) <= LONGEST_TITLE:
        problems["title"] = _("Give it a title of up to %(count)d characters.") % {"count": LONGEST_TITLE}
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        problems["minutes"] = _("A meeting takes from 5 minutes to a day.")
    if now is not None and starts_at <= now:
        problems["starts_at"] = _("This moment is over; choose one that lies ahead.")
    elif now is not None and starts_at > now + AHEAD:
        problems["starts_at"] = _("Choose a moment within a year.")
    if problems:
        raise Invalid(problems)
    if now is not None:
        meeting.starts_at = starts_at.astimezone(UTC).replace(second=0, microsecond=0)
        meeting.ends_at = meeting.starts_at + timedelta(minutes=minutes)


def _refuse_texts(meeting: Meeting, **texts: str) -> None:
    """The customer's reference is nothing for a vendor. Raises Invalid."""
    if len(meeting.text) > LONGEST_TEXT:
        raise Invalid({"text": _("At most %(count)d characters.") % {"count": LONGEST_TEXT}})
    envelope = meeting.envelope
    if envelope is None or envelope.kind != EnvelopeKind.EXTERNAL_VENDOR:
        return
    for field, text in {"title": meeting.title, **texts}.items():
        if meeting.ticket.reference in text.upper():
            words = _("Leave out %(reference)s: it is the customer's reference.")
            raise Invalid({field: words % {"reference": meeting.ticket.reference}})


def _shape(meeting: Meeting) -> tuple[str, datetime, datetime, tuple[str, ...]]:
    return meeting.title, meeting.starts_at, meeting.ends_at, tuple(meeting.attendees)


def _check_version(given: int | None, current: int) -> None:
    """Last of all refusals."""
    if given is not None and given != current:
        raise StaleVersion(given=given, current=current)
