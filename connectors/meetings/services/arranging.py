"""What people decide about meetings; a worker brings the calendar in line with it afterwards."""

from collections.abc import Callable, Mapping, Sequence
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
from connectors.meetings.services.outcome import TASK, lock, publish_that, tell, was_cancelled, with_ticket
from connectors.meetings.services.people import cleaned, usable_attendees
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
        origin=ticket,
        envelope=envelope,
        connection=connection,
        mailbox=connection.settings[MAILBOX].lower(),
        arranged_by=agent,
        text=wanted.text.strip(),
        is_online=wanted.is_online,
    )
    _fill(meeting, now=now, title=wanted.title, starts_at=wanted.starts_at, minutes=wanted.minutes)
    _refuse_texts(meeting, title=meeting.title, text=meeting.text)
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
    """Change `title`, `starts_at`, `minutes` or `attendees`; who is invited is told by the calendar. What was set in
    Outlook and is not changed here stays, though it could not be set here.

    Raises as `arrange_meeting`, and MeetingOver.
    """
    if unknown := set(values) - set(EDITABLE):
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    meeting = _theirs(meeting_id, by=by)
    now = timezone.now()
    if meeting.is_over(now):
        raise MeetingOver
    _refuse_ended(meeting.ticket, meeting.envelope)
    changes = _changes(meeting, values)
    before = meeting.starts_at
    if changes:
        _change(meeting, changes, now=now)
    _check_version(version, meeting.version)
    if not changes:
        return meeting
    record(meeting, by=by)
    _want(meeting.in_calendar, at=now)
    if meeting.starts_at != before:
        tell(meeting, MOVED, by=by, **{"from": before.isoformat()})
    else:
        tell(meeting, CHANGED, by=by)
    publish_that(MeetingChanged, meeting, by=by, at=now)
    return meeting


def _changes(meeting: Meeting, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is given that which is something else than now."""
    cleaners: dict[str, Callable[[Any], Any]] = {
        "title": _one_line,
        "starts_at": _whole_minute,
        "attendees": lambda given: sorted(cleaned(given)),
    }
    found = {}
    for name, value in values.items():
        clean = cleaners.get(name, lambda given: given)
        if clean(value) != clean(getattr(meeting, name)):
            found[name] = value
    return found


def _change(meeting: Meeting, changes: Mapping[str, Any], *, now: datetime) -> None:
    """Whom an envelope's meeting is told to is looked at with each change: somebody may take part no longer."""
    _fill(meeting, now=now, **{name: value for name, value in changes.items() if name != "attendees"})
    if "title" in changes:
        _refuse_texts(meeting, title=meeting.title)
    if "attendees" in changes or meeting.envelope is not None:
        people = changes.get("attendees", meeting.attendees)
        standing = meeting.attendees
        meeting.attendees = usable_attendees(meeting.ticket, meeting.envelope, people, standing=standing)


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
    _refuse_unless_theirs(by, meeting.ticket, with_ticket(meeting))
    return meeting


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


def _fill(
    meeting: Meeting,
    *,
    now: datetime,
    title: str | None = None,
    starts_at: datetime | None = None,
    minutes: int | None = None,
) -> None:
    """Only what is given; a new time must lie ahead. Raises Invalid."""
    problems: dict[str, Text | list[Text]] = {}
    if title is not None and not 0 < len(_one_line(title)) <= LONGEST_TITLE:
        problems["title"] = _("Give it a title of up to %(count)d characters.") % {"count": LONGEST_TITLE}
    if minutes is not None and not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        problems["minutes"] = _("A meeting takes from 5 minutes to a day.")
    if starts_at is not None and starts_at <= now:
        problems["starts_at"] = _("This moment is over; choose one that lies ahead.")
    elif starts_at is not None and starts_at > now + AHEAD:
        problems["starts_at"] = _("Choose a moment within a year.")
    if problems:
        raise Invalid(problems)
    if title is not None:
        meeting.title = _one_line(title)
    if starts_at is not None or minutes is not None:
        takes = meeting.ends_at - meeting.starts_at if minutes is None else timedelta(minutes=minutes)
        meeting.starts_at = meeting.starts_at if starts_at is None else _whole_minute(starts_at)
        meeting.ends_at = meeting.starts_at + takes
    if meeting.ends_at <= now:
        raise Invalid({"minutes": _("It would be over already.")})


def _one_line(title: str) -> str:
    return " ".join(title.split())


def _whole_minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _refuse_texts(meeting: Meeting, **texts: str) -> None:
    """The customer's reference is nothing for a vendor. Raises Invalid."""
    if len(meeting.text) > LONGEST_TEXT:
        raise Invalid({"text": _("At most %(count)d characters.") % {"count": LONGEST_TEXT}})
    envelope = meeting.envelope
    if envelope is None or envelope.kind != EnvelopeKind.EXTERNAL_VENDOR:
        return
    for field, text in texts.items():
        if meeting.ticket.reference in text.upper():
            words = _("Leave out %(reference)s: it is the customer's reference.")
            raise Invalid({field: words % {"reference": meeting.ticket.reference}})


def _check_version(given: int | None, current: int) -> None:
    """Last of all refusals."""
    if given is not None and given != current:
        raise StaleVersion(given=given, current=current)
