"""Reminders that people write down for themselves, and what they do with any of theirs (domain.md section 13)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import Actor
from core.errors import Invalid, NotFound, StaleVersion, Text
from core.history import record
from core.moments import OUT_OF_RANGE, is_possible
from core.service import service
from sla.reminders import recurrence
from sla.reminders.enums import OF_A_TICKET, OWN, REVIEWS, RHYTHM, Frequency, ReminderKind, ReminderStatus
from sla.reminders.errors import ReminderAutomatic, RemindersForbidden, ReminderTransition
from sla.reminders.models import Reminder
from sla.reminders.policies import may_have_reminders
from tickets.in_sight import is_in_sight

USUAL_SNOOZE = timedelta(minutes=30)
USUAL_CHECK_IN = timedelta(hours=24)
FURTHEST = timedelta(days=2 * 366)
MOST_OPEN = 500
"""Of one person, so that a program gone wild fills nobody's page."""
LONGEST = 500
Faults = dict[str, Text | list[Text]]


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """How a reminder is to recur."""

    frequency: str
    interval: int = 1
    end_on: date | None = None
    """The last day, by the person's own clock."""


@service
def create_reminder(
    kind: str,
    *,
    by: Actor,
    trigger_at: datetime | None = None,
    ticket_id: UUID | None = None,
    message: str = "",
    rhythm: Rhythm | None = None,
) -> Reminder:
    """Remind `by` at `trigger_at`; a check-in comes 24 hours later unless told otherwise, a review recurs by itself.

    Raises RemindersForbidden, NotFound for a ticket out of sight, or Invalid.
    """
    if not isinstance(by, Agent) or not may_have_reminders(by):
        raise RemindersForbidden
    if ticket_id is not None and not is_in_sight(by, ticket_id):
        raise NotFound
    now = timezone.now()
    if kind in RHYTHM:
        rhythm = rhythm or Rhythm(frequency=RHYTHM[ReminderKind(kind)])
    if kind == ReminderKind.CHECK_IN:
        trigger_at = trigger_at or now + USUAL_CHECK_IN
    reminder = Reminder(agent=by, created_by=by, kind=kind, message=_line(message), ticket_id=ticket_id)
    faults = _faults_of(reminder, trigger_at, rhythm) | _faults_of_moment(trigger_at, now=now)
    if not faults and Reminder.objects.open().filter(agent=by).count() >= MOST_OPEN:
        faults["kind"] = _("You have %(count)s open reminders already; end some first.") % {"count": MOST_OPEN}
    if faults or trigger_at is None:
        raise Invalid(faults)
    reminder.trigger_at = trigger_at
    _set_rhythm(reminder, rhythm)
    record(reminder, by=by)
    return reminder


@service
def edit_reminder(reminder_id: UUID, *, by: Actor, version: int | None = None, **values: Any) -> Reminder:
    """Change `message`, `trigger_at` or `rhythm` (None: recurs no more) of an open one's own; moved, it waits anew.

    As long as its moment and its frequency stay, its runs follow from the same first one.

    Raises NotFound, ReminderAutomatic, ReminderTransition, Invalid or StaleVersion.
    """
    if unknown := set(values) - {"message", "trigger_at", "rhythm"}:
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")
    reminder = _locked(reminder_id, by=by)
    refuse_edit(reminder)
    now, before = timezone.now(), reminder.trigger_at
    reminder.message = _line(values.get("message", reminder.message))
    moment: datetime = values.get("trigger_at", before)
    rhythm: Rhythm | None = values.get("rhythm", _rhythm_of(reminder))
    faults = _faults_of(reminder, moment, rhythm)
    if moment != before:
        faults |= _faults_of_moment(moment, now=now)
    if faults:
        raise Invalid(faults)
    _check_version(reminder, version)
    if moment != before:
        reminder.move(to=moment)
    _set_rhythm(reminder, rhythm, is_begun=moment == before)
    record(reminder, by=by)
    return reminder


def refuse_edit(reminder: Reminder) -> None:
    """Raises ReminderAutomatic or ReminderTransition where there is nothing for its person to edit."""
    if reminder.is_automatic:
        raise ReminderAutomatic
    _refuse_unless(reminder.is_open, reminder)


@service
def snooze_reminder(
    reminder_id: UUID, *, by: Actor, until: datetime | None = None, version: int | None = None
) -> Reminder:
    """Bring it up again at `until`, half an hour from now unless told otherwise.

    Raises NotFound, ReminderTransition unless it is due or snoozed, Invalid or StaleVersion.
    """
    reminder = _locked(reminder_id, by=by)
    _refuse_unless(reminder.status in (ReminderStatus.TRIGGERED, ReminderStatus.SNOOZED), reminder)
    now = timezone.now()
    until = until or now + USUAL_SNOOZE
    if faults := _faults_of_moment(until, now=now, name="until"):
        raise Invalid(faults)
    _check_version(reminder, version)
    reminder.snooze(until=until)
    record(reminder, by=by, update_fields=["status", "snooze_until"])
    return reminder


@service
def complete_reminder(reminder_id: UUID, *, by: Actor, version: int | None = None) -> Reminder | None:
    """It is done, also before its time; of one that recurs the answer is the next one, if there is any.

    Raises NotFound, ReminderTransition or StaleVersion.
    """
    reminder = _locked(reminder_id, by=by)
    _refuse_unless(reminder.is_open, reminder)
    _check_version(reminder, version)
    now = timezone.now()
    reminder.complete(at=now)
    record(reminder, by=by, update_fields=["status", "snooze_until", "ended_at"])
    return _next(reminder, by=by, now=now)


@service
def cancel_reminder(reminder_id: UUID, *, by: Actor, version: int | None = None) -> Reminder:
    """It is not wanted any more; one that recurs ends with it. Raises NotFound, ReminderTransition or StaleVersion."""
    reminder = _locked(reminder_id, by=by)
    _refuse_unless(reminder.is_open, reminder)
    _check_version(reminder, version)
    reminder.cancel(at=timezone.now())
    record(reminder, by=by, update_fields=["status", "snooze_until", "ended_at"])
    return reminder


def _next(done: Reminder, *, by: Actor, now: datetime) -> Reminder | None:
    """What was missed meanwhile is not made up for: the next one lies ahead, and after the one that is done."""
    rule = done.recurrence
    found = recurrence.next_run(rule, max(now, done.trigger_at), done.zone) if rule else None
    if found is None:
        return None
    following = Reminder(agent=done.agent, ticket=done.ticket, created_by=done.created_by, trigger_at=found)
    for name in ("kind", "message", "frequency", "interval", "end_on", "recurs_from"):
        setattr(following, name, getattr(done, name))
    record(following, by=by)
    return following


def _locked(reminder_id: UUID, *, by: Actor) -> Reminder:
    """Somebody else's reads like a missing one, and costs as much."""
    if not isinstance(by, Agent):
        raise RemindersForbidden
    rows = Reminder.objects.handled_by(by).select_related("agent", "ticket").filter(pk=reminder_id)
    reminder = rows.select_for_update(of=("self",), no_key=True).first()
    if reminder is None:
        raise NotFound
    return reminder


def _refuse_unless(is_possible_now: bool, reminder: Reminder) -> None:
    if not is_possible_now:
        steps = ["complete", "cancel"] if reminder.is_open else []
        raise ReminderTransition(status=reminder.get_status_display(), allowed=steps)


def _check_version(reminder: Reminder, version: int | None) -> None:
    if version is not None and version != reminder.version:
        raise StaleVersion(given=version, current=reminder.version)


def _line(text: str) -> str:
    return " ".join(str(text).split())


def _rhythm_of(reminder: Reminder) -> Rhythm | None:
    if not reminder.frequency:
        return None
    return Rhythm(frequency=reminder.frequency, interval=reminder.interval, end_on=reminder.end_on)


def _set_rhythm(reminder: Reminder, rhythm: Rhythm | None, *, is_begun: bool = False) -> None:
    """`is_begun`: the first run stays the one it was, unless another frequency begins."""
    if rhythm is None:
        reminder.frequency, reminder.interval, reminder.end_on, reminder.recurs_from = "", 1, None, ""
        return
    if not is_begun or reminder.frequency != rhythm.frequency:
        reminder.recurs_from = _on_the_wall(reminder)
    reminder.frequency, reminder.interval, reminder.end_on = rhythm.frequency, rhythm.interval, rhythm.end_on


def _on_the_wall(reminder: Reminder) -> str:
    """Its moment by its person's clock."""
    return reminder.trigger_at.astimezone(reminder.zone).replace(tzinfo=None, microsecond=0).isoformat()


def _faults_of(reminder: Reminder, first: datetime | None, rhythm: Rhythm | None) -> Faults:
    """Of what it would be, new or changed; a moment that is new has faults of its own."""
    faults = _faults_of_rhythm(rhythm, reminder, first)
    if reminder.kind not in OWN:
        faults["kind"] = _("This is not one of: %(known)s.") % {"known": ", ".join(OWN)}
    if reminder.ticket_id is None and reminder.kind in OF_A_TICKET:
        faults["ticket"] = _("Name the ticket it is about.")
    if reminder.ticket_id is not None and reminder.kind in REVIEWS:
        faults["ticket"] = _("A review is of all your work, not of one ticket.")
    if not reminder.message and reminder.kind == ReminderKind.CUSTOM:
        faults["message"] = _("Say what you want to be reminded of.")
    if len(reminder.message) > LONGEST:
        faults["message"] = _("At most %(most)s characters.") % {"most": LONGEST}
    return faults


def _faults_of_moment(moment: datetime | None, *, now: datetime, name: str = "trigger_at") -> Faults:
    if moment is None:
        return {name: _("Say when you want to be reminded.")}
    if not is_possible(moment):
        return {name: OUT_OF_RANGE}
    if moment <= now:
        return {name: _("This moment has passed.")}
    return {name: _("At most two years ahead.")} if moment > now + FURTHEST else {}


def _faults_of_rhythm(rhythm: Rhythm | None, reminder: Reminder, first: datetime | None) -> Faults:
    usual = RHYTHM.get(ReminderKind(reminder.kind)) if reminder.kind in RHYTHM else None
    if rhythm is None:
        return {"recurrence": _("A review recurs; cancel it if you do not want it any more.")} if usual else {}
    if rhythm.frequency not in Frequency:
        return {"recurrence": _("This is not one of: %(known)s.") % {"known": ", ".join(Frequency.values)}}
    if usual and rhythm.frequency != usual:
        return {"recurrence": _("A weekly review recurs every week, a monthly one every month.")}
    if not 1 <= rhythm.interval <= recurrence.MOST_BETWEEN:
        return {"recurrence": _("A number from 1 to %(most)s.") % {"most": recurrence.MOST_BETWEEN}}
    if rhythm.end_on is None or first is None:
        return {}
    if not is_possible(rhythm.end_on):
        return {"recurrence": OUT_OF_RANGE}
    if rhythm.end_on < reminder.agent.today(first):
        return {"recurrence": _("The last day is not before the first one.")}
    return {}
