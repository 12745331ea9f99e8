"""The weekly look at what was decided: queue, blind verdicts, coaching, close (domain.md section 8)."""

import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Agent
from core.actors import DESK, TIMER, Actor
from core.errors import Invalid, StaleVersion, Text
from core.events import publish
from core.history import get_or_record, record, record_new
from core.moments import FIRST_YEAR, LAST_YEAR
from core.service import service
from tickets.calibration import Week, coach_of, desk_zone, newest_due_week
from tickets.events import ResolutionReviewed
from tickets.guards import flags_on
from tickets.models import CalibrationItem, CalibrationSession, CalibrationVerdict, Resolution, Ticket
from tickets.policies import is_own_case, may_review, may_run_calibration
from tickets.resolution_enums import (
    ApprovalStatus,
    CalibrationOutcome,
    CalibrationReason,
    CalibrationStatus,
    ItemStatus,
    SessionStatus,
)
from tickets.resolution_errors import (
    AlreadyReviewed,
    ApprovalPending,
    CalibrationForbidden,
    CalibrationTransition,
    ItemsLeft,
    OwnDecision,
)
from tickets.sampling import draw
from tickets.services._common import lock
from tickets.services.tasks import put_hidden_task, tell_assignee
from tickets.tiers import calibration_reasons

MAX_NOTES = 5000
WEEK_FIELDS = ("iso_year", "iso_week")


def generate_due_calibrations(*, now: datetime) -> int:
    """Generate the oldest week that is due and has no session yet; a desk that stood still misses none, also where a
    later one was made by hand meanwhile. The first session that was ever made is the beginning.
    """
    due = newest_due_week(now, desk_zone())
    weeks = [Week(*row) for row in CalibrationSession.objects.order_by("created_at", "pk").values_list(*WEEK_FIELDS)]
    week, there = weeks[0] if weeks else due, set(weeks)
    while week in there:
        week = week.next
    if week > due:
        return 0
    generate_calibration(*week, by=TIMER, now=now)
    return 1


@service
def generate_calibration(iso_year: int, iso_week: int, *, by: Actor, now: datetime | None = None) -> CalibrationSession:
    """The session of a past week with its queue. Again, it adds what was flagged since, and nothing twice: the sample
    is drawn once.

    Raises CalibrationForbidden, Invalid for a week that is none or not over yet.
    """
    if not may_run_calibration(by):
        raise CalibrationForbidden
    start, end = _checked_week(iso_year, iso_week, now=now or timezone.now())
    session, is_new = get_or_record(
        CalibrationSession.objects.all(),
        by=by,
        values={"iso_year": iso_year, "iso_week": iso_week, "sample_seed": secrets.token_hex(16)},
        iso_year=iso_year,
        iso_week=iso_week,
    )
    session = _lock_session(session.pk)
    if not session.is_open:
        return session
    decided = Resolution.objects.filter(created_at__gte=start, created_at__lt=end)
    decided = decided.exclude(approval_status=ApprovalStatus.WITHDRAWN)
    rows = list(decided.order_by("pk").select_for_update(of=("self",), no_key=True))
    chosen = _reasons_of(rows)
    if is_new:
        rest = [pk for pk, reasons in chosen.items() if not reasons]
        for pk in draw(rest, pct=session.sample_pct, seed=session.sample_seed):
            chosen[pk] = [CalibrationReason.RANDOM_SAMPLE]
    chosen = {pk: reasons for pk, reasons in chosen.items() if reasons} | _carried_over(session)
    _queue(session, chosen, by=by)
    return session


def _checked_week(iso_year: int, iso_week: int, *, now: datetime) -> tuple[datetime, datetime]:
    """Its bounds."""
    none_such = Invalid({"iso_week": _("There is no such week in that year.")})
    if not FIRST_YEAR <= iso_year <= LAST_YEAR:
        raise none_such
    try:
        bounds = Week(iso_year, iso_week).bounds(desk_zone())
    except ValueError as error:
        raise none_such from error
    if bounds[1] > now:
        raise Invalid({"iso_week": _("The week is not over yet.")})
    return bounds


def _lock_session(session_id: UUID) -> CalibrationSession:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tickets_calibrationsession WHERE id = %s FOR NO KEY UPDATE", [session_id])
    return CalibrationSession.objects.get(pk=session_id)


def _reasons_of(rows: list[Resolution]) -> dict[UUID, list[CalibrationReason]]:
    """Why each is looked at in any case: as when it was written down, and by the flags of today."""
    flags = flags_on({row.ticket_id for row in rows})
    order = list(CalibrationReason)
    found = {}
    for row in rows:
        now = calibration_reasons(row.empowerment_tier, flags[row.ticket_id])
        found[row.pk] = sorted({*map(CalibrationReason, row.calibration_reasons), *now}, key=order.index)
    return found


def _carried_over(session: CalibrationSession) -> dict[UUID, list[CalibrationReason]]:
    """What earlier weeks left over and no later one has."""
    later = CalibrationItem.objects.filter(resolution=OuterRef("resolution"), created_at__gt=OuterRef("created_at"))
    earlier = Q(session__iso_year__lt=session.iso_year)
    earlier |= Q(session__iso_year=session.iso_year, session__iso_week__lt=session.iso_week)
    left = CalibrationItem.objects.filter(earlier, ~Exists(later), carried_over_at__isnull=False)
    return {item.resolution_id: [CalibrationReason(reason) for reason in item.reasons] for item in left}


def _queue(session: CalibrationSession, chosen: dict[UUID, list[CalibrationReason]], *, by: Actor) -> None:
    """Add what is not in the queue yet, and say so on the resolutions; what waits in it learns further reasons."""
    there = {item.resolution_id: item for item in session.items.select_for_update(no_key=True).order_by("pk")}
    order = list(CalibrationReason)
    for pk, item in there.items():
        reasons = sorted({*map(CalibrationReason, item.reasons), *chosen.get(pk, ())}, key=order.index)
        if not item.is_reviewed and item.carried_over_at is None and reasons != item.reasons:
            item.reasons = reasons
            record(item, by=by, update_fields=["reasons"])
    new = [
        CalibrationItem(session=session, resolution_id=pk, reasons=reasons)
        for pk, reasons in sorted(chosen.items())
        if pk not in there
    ]
    if not new:
        return
    record_new(new, by=by, unless_there=True)
    quiet = Resolution.objects.filter(
        pk__in=[item.resolution_id for item in new], calibration_status=CalibrationStatus.NOT_REQUIRED
    )
    for resolution in quiet.order_by("pk").select_for_update(of=("self",), no_key=True):
        resolution.calibration_status = CalibrationStatus.PENDING
        record(resolution, by=by, update_fields=["calibration_status"])


@service
def review_item(item_id: UUID, *, by: Agent, outcome: str, notes: str, version: int | None = None) -> CalibrationItem:
    """One reviewer's verdict. The first one is the outcome and goes to the resolution. Later ones only tell how far
    people agree. What was granted stays granted.

    Raises CalibrationForbidden, OwnDecision, CalibrationTransition, ApprovalPending, AlreadyReviewed, Invalid,
    StaleVersion.
    """
    item, ticket = _lock_item(item_id)
    if not may_review(by, item):
        raise CalibrationForbidden
    if by.pk in item.resolution.deciders or is_own_case(by, item.resolution):
        raise OwnDecision
    if not item.session.is_open or item.carried_over_at is not None:
        raise CalibrationTransition(status=SessionStatus.CLOSED.label)
    if item.resolution.is_pending:
        raise ApprovalPending(titles=str(item.resolution))
    if item.verdicts.filter(reviewer=by).exists():
        raise AlreadyReviewed
    notes = notes.strip()
    _check_verdict(outcome, notes)
    seen = item.version - int(item.is_reviewed)  # as whoever has given no verdict yet is shown it
    if version is not None and version != seen:
        raise StaleVersion(given=version, current=seen)
    now = timezone.now()
    CalibrationVerdict.objects.create(item=item, reviewer=by, outcome=outcome, notes=notes, at=now)
    _take_part(item.session, by)
    if not item.is_reviewed:
        _settle(item, ticket, outcome=CalibrationOutcome(outcome), notes=notes, by=by, at=now)
    return item


def _lock_item(item_id: UUID) -> tuple[CalibrationItem, Ticket]:
    """Ticket, session, item, resolution, in this order."""
    ids = CalibrationItem.objects.values_list("resolution__ticket_id", "session_id", "resolution_id").get(pk=item_id)
    ticket, session = lock(ids[0]), _lock_session(ids[1])
    item = CalibrationItem.objects.select_for_update(of=("self",), no_key=True).get(pk=item_id)
    item.resolution = Resolution.objects.select_for_update(of=("self",), no_key=True).get(pk=ids[2])
    item.session, item.resolution.ticket = session, ticket
    return item, ticket


def _check_verdict(outcome: str, notes: str) -> None:
    problems: dict[str, Text | list[Text]] = {}
    if outcome not in CalibrationOutcome:
        problems["outcome"] = _("Choose whether the decision is upheld.")
    if not notes:
        problems["notes"] = _("Say what you have found.")
    elif len(notes) > MAX_NOTES:
        problems["notes"] = _("At most %(count)s characters.") % {"count": MAX_NOTES}
    if problems:
        raise Invalid(problems)


def _take_part(session: CalibrationSession, agent: Agent) -> None:
    if not session.participants.filter(pk=agent.pk).exists():
        record(session, by=agent, update_fields=[])
        session.participants.add(agent)


def _settle(
    item: CalibrationItem, ticket: Ticket, *, outcome: CalibrationOutcome, notes: str, by: Agent, at: datetime
) -> None:
    """The first verdict becomes the outcome."""
    item.status, item.outcome = ItemStatus.REVIEWED, outcome
    item.reviewer, item.reviewer_notes, item.reviewed_at = by, notes, at
    record(item, by=by, update_fields=["status", "outcome", "reviewer", "reviewer_notes", "reviewed_at"])
    item.resolution.calibration_status = CalibrationStatus(outcome.value)
    record(item.resolution, by=by, update_fields=["calibration_status"])
    publish(
        ResolutionReviewed(
            ticket_id=ticket.pk,
            resolution_id=item.resolution_id,
            item_id=item.pk,
            outcome=str(outcome),
            occurred_at=at,
        )
    )


@service
def close_calibration(
    session_id: UUID, *, by: Agent, carry_over: bool = False, version: int | None = None
) -> CalibrationSession:
    """End a week. What is not reviewed is carried over to the next one, if that is wanted. Where coaching is needed the
    agent's lead gets a task now and no sooner: it tells the verdict, which is blind until then.

    Raises CalibrationForbidden, CalibrationTransition, ItemsLeft, StaleVersion.
    """
    session = _lock_session(session_id)
    if not may_run_calibration(by):
        raise CalibrationForbidden
    if not session.is_open:
        raise CalibrationTransition(status=SessionStatus(session.status).label)
    left = list(session.items.filter(status=ItemStatus.PENDING).order_by("pk").select_for_update(no_key=True))
    if left and not carry_over:
        raise ItemsLeft(count=len(left), allowed=["review", "carry_over"])
    if version is not None and version != session.version:
        raise StaleVersion(given=version, current=session.version)
    now = timezone.now()
    for item in left:
        item.carried_over_at = now
        record(item, by=by, update_fields=["carried_over_at"])
    session.close(on=now.astimezone(desk_zone()).date())
    record(session, by=by, update_fields=["status", "held_on"])
    session.participants.add(by)
    _ask_for_coaching(session, at=now)
    if left and (later := _later_open_session(session)):
        _queue(later, _carried_over(later), by=by)
    return session


def _ask_for_coaching(session: CalibrationSession, *, at: datetime) -> None:
    """A hidden task for each, also on a ticket that has ended: the team does not learn of the verdict.

    The ticket is not locked, as the session is already, which comes after it; nothing of its row is written.
    """
    found = session.items.filter(outcome=CalibrationOutcome.COACHING_NEEDED, coaching_task=None)
    people = ("agent__primary_team__lead", "agent__supervisor", "ticket__team__lead", "ticket__team__supervisor")
    rows = found.select_related("reviewer", *(f"resolution__{name}" for name in people))
    for item in rows.order_by("pk").select_for_update(of=("self",), no_key=True):
        coach = coach_of(item)
        agent = item.resolution.agent
        with translation.override((coach.language if coach else "") or settings.LANGUAGE_CODE):
            title = gettext("Calibration %(week)s: a talk about a decision") % {"week": session}
            description = gettext("With %(agent)s. What was found stands in the calibration.") % {"agent": agent.name}
        item.coaching_task = put_hidden_task(
            item.resolution.ticket, by=DESK, at=at, title=title, description=description, assigned_to=coach
        )
        record(item, by=DESK, update_fields=["coaching_task"])
        tell_assignee(item.coaching_task, by=DESK, at=at)


def _later_open_session(session: CalibrationSession) -> CalibrationSession | None:
    """The next one that is generated already; else the next to be generated takes what is left."""
    rows = CalibrationSession.objects.filter(status=SessionStatus.OPEN).order_by("iso_year", "iso_week")
    own = (session.iso_year, session.iso_week)
    later = [row for row in rows if (row.iso_year, row.iso_week) > own]
    return _lock_session(later[0].pk) if later else None
