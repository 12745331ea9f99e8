"""Reads of calibration: which week is due, what is in a queue, and what a reviewer may know of it yet."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import calendar_of, reach_of, read_reaches
from core.actors import Actor
from core.moments import zone_named
from tickets.models import CalibrationItem, CalibrationSession, CalibrationVerdict, Resolution
from tickets.policies import works_tickets
from tickets.resolution_enums import ApprovalStatus, ItemStatus, SessionStatus
from tickets.resolutions import managers_of

GENERATED_AT = time(6)
"""Of the Monday after the week, by the desk's clock."""


class Week(NamedTuple):
    """An ISO week."""

    year: int
    number: int

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first moment and the first one after it, UTC, by the clocks of `zone`."""
        ends = [datetime.combine(day, time.min, zone) for day in (self.monday, self.monday + timedelta(days=7))]
        return ends[0].astimezone(UTC), ends[1].astimezone(UTC)

    @property
    def next(self) -> "Week":
        return week_of(self.monday + timedelta(days=7))


def week_of(day: date) -> Week:
    year, number, _weekday = day.isocalendar()
    return Week(year, number)


def desk_zone() -> ZoneInfo:
    """The zone of the default calendar."""
    return zone_named(calendar_of(None).timezone) or ZoneInfo("UTC")


def newest_due_week(now: datetime, zone: ZoneInfo) -> Week:
    """The last week whose calibration is due at `now`: from Monday 06:00 on the one that has just ended."""
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    if local.weekday() == 0 and local.time() < GENERATED_AT:
        monday -= timedelta(days=7)
    return week_of(monday - timedelta(days=7))


def items_in_sight(agent: Agent) -> QuerySet[CalibrationItem]:
    """Of teams in the agent's charge, of all for auditors; with `is_blind` and the agent's own verdict.

    `is_blind`: there is a verdict that this person must not know before their own. Nobody waits for the verdict of who
    decided about it, and once the session is closed everything is open.
    """
    reach = reach_of(agent)
    rows = CalibrationItem.objects.select_related("session", "reviewer", "resolution__ticket__team")
    rows = rows.select_related("resolution__agent", "resolution__approved_by", "resolution__ticket__requester")
    if not agent.has_role(Role.AUDITOR):
        rows = rows.filter(resolution__ticket__team__in=reach.in_charge)
    own = CalibrationVerdict.objects.filter(item=OuterRef("pk"), reviewer=agent)
    return rows.annotate(
        own_outcome=Subquery(own.values("outcome")[:1]),
        is_blind=_flag(
            Q(status=ItemStatus.REVIEWED, session__status=SessionStatus.OPEN)
            & Q(resolution__ticket__team__in=reach.in_charge)
            & ~decided_by(agent, "resolution__")
            & ~Exists(own)
        ),
    )


def _flag(condition: Any) -> Case:  # Any: joined conditions are no Q to the stubs
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def decided_by(agent: Agent, prefix: str = "") -> Q:
    """Resolutions that `agent` wrote down or decided about, or in whose name that was done."""
    names = ("agent", "created_by", "approved_by", "rejected_by")
    found = Q()
    for name in names:
        found |= Q(**{f"{prefix}{name}": agent, f"{prefix}{name}__isnull": False})
    return found


def with_blindness(rows: QuerySet[Resolution], agent: Agent) -> QuerySet[Resolution]:
    """Resolutions with `is_blind`: whose outcome this reader must not know yet, as they may still review it."""
    open_items = CalibrationItem.objects.filter(
        resolution=OuterRef("pk"), status=ItemStatus.REVIEWED, session__status=SessionStatus.OPEN
    )
    unjudged = ~Exists(CalibrationVerdict.objects.filter(item=OuterRef("pk"), reviewer=agent))
    may_judge = Q(ticket__team__in=reach_of(agent).in_charge) & ~decided_by(agent)
    return rows.annotate(is_blind=_flag(may_judge & Exists(open_items.filter(unjudged))))


def untold_version(row: Any) -> int:  # Any: annotated
    """Version of an item or a resolution as its reader may know it: without the first verdict, which moves it by one,
    as long as that one is not told.
    """
    return int(row.version) - int(row.is_blind)


def to_review(agent: Agent) -> QuerySet[CalibrationItem]:
    """What waits for a verdict of `agent`: open weeks, decided, not by themselves nor on a ticket that they own or
    cover, not judged by them yet.
    """
    reach = reach_of(agent)
    rows = items_in_sight(agent).filter(
        session__status=SessionStatus.OPEN,
        carried_over_at__isnull=True,
        resolution__ticket__team__in=reach.in_charge,
    )
    rows = rows.exclude(resolution__ticket__owner__in=(reach.covers if works_tickets(agent) else set()) | {agent.pk})
    rows = rows.exclude(verdicts__reviewer=agent).exclude(decided_by(agent, "resolution__"))
    rows = rows.exclude(resolution__approval_status=ApprovalStatus.PENDING)
    return rows.order_by("session__iso_year", "session__iso_week", "created_at", "id")


def sessions_with_counts(agent: Agent) -> QuerySet[CalibrationSession]:
    """Newest first, with how many items in the agent's sight each has and how many of them are left.

    An item that the agent has still to judge counts as left, whoever else has judged it.
    """
    sight = items_in_sight(agent).filter(session=OuterRef("pk")).order_by()
    left = sight.filter(Q(status=ItemStatus.PENDING) | Q(is_blind=True)).filter(carried_over_at__isnull=True)

    def count(items: QuerySet[CalibrationItem]) -> Subquery:
        return Subquery(items.values("session").annotate(n=Count("pk")).values("n"))

    return CalibrationSession.objects.annotate(items_count=count(sight), left_count=count(left)).order_by(
        F("iso_year").desc(), F("iso_week").desc()
    )


def coach_of(item: CalibrationItem) -> Agent | None:
    """Who talks with the agent about a decision: their own lead, whoever leads, supervises or manages the ticket's team
    or manages one above it, else the first reviewer. Always somebody else who is in charge of that team: nobody else
    reads what was found.
    """
    resolution = item.resolution
    agent, team = resolution.agent, resolution.ticket.team
    own = [agent.primary_team, *agent.teams.select_related("lead").order_by("name")]
    people = [each.lead for each in own if each is not None]
    people += [agent.supervisor, team.lead, team.supervisor, *managers_of(team), item.reviewer]
    found = list({one.pk: one for one in people if one is not None and one.is_active and one.pk != agent.pk}.values())
    read_reaches(found, at=timezone.now())
    return next((one for one in found if team.pk in reach_of(one).in_charge), None)


def coaching_seen_by(actor: Actor) -> Q:
    """Tasks of coaching: for whoever has one, those in charge of the ticket's team, auditors; never for whom it is
    about. For `hidden.task_ways`.
    """
    tasks = Q(coaching_item__isnull=False)
    if not isinstance(actor, Agent):
        return Q(pk__in=[])
    if not actor.has_role(Role.AUDITOR):
        tasks &= Q(assigned_to=actor) | Q(ticket__team__in=reach_of(actor).in_charge)
    return tasks & ~Q(coaching_item__resolution__agent=actor)
