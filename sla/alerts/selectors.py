"""How tickets stand with regard to their alerts, and who is around them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.enums import Role
from accounts.models import Absence, Agent
from accounts.reach import absences_around, reach_of, runs
from core.worktime import WorkCalendar
from sla.alerts.enums import SILENT, AlertCondition, AlertStatus
from sla.alerts.models import Alert, AlertRecipient, AlertRule, AlertWatch
from sla.alerts.people import Around
from sla.alerts.planning import Anchor
from sla.alerts.querysets import AlertQuerySet
from sla.enums import ClockState, Metric, PolicyKind
from sla.explain import Stop
from sla.models import SlaClock, SlaPause, SlaPolicy
from sla.selectors import work_calendars_for
from tickets.enums import TicketStatus
from tickets.models import Ticket

Rules = dict[tuple[str, str, int], AlertRule]
"""Active ones, by priority, condition and level."""


@dataclass(frozen=True)
class Standing:
    """What of a ticket decides about its alerts."""

    ticket: Ticket
    calendar: WorkCalendar
    clock: SlaClock | None
    """Of its resolution."""
    stops: Sequence[Stop]
    rules: Rules

    @cached_property
    def is_silent(self) -> bool:
        """Nobody is told that it stands still: it is not our turn, or the promise stands still itself."""
        return self.ticket.status in SILENT or (self.clock is not None and self.clock.state == ClockState.PAUSED)

    def anchor_of(self, watch: AlertWatch) -> Anchor | None:
        """What its thresholds are counted from; None: nothing can fire as the ticket stands."""
        if watch.anchor_at is None:
            return None
        match watch.condition:
            case AlertCondition.NOT_ASSIGNED:
                applies = self.ticket.status == TicketStatus.NEW and self.ticket.owner_id is None
                return Anchor(watch.anchor_at, self.calendar) if applies else None
            case AlertCondition.NOT_UPDATED:
                applies = self.ticket.owner_id is not None and not self.is_silent
                return Anchor(watch.anchor_at, self.calendar, stops=self.stops) if applies else None
        runs_on = self.clock is not None and self.clock.state == ClockState.RUNNING
        return Anchor(watch.anchor_at, self.calendar, is_due=True) if runs_on and not self.is_silent else None

    def rule(self, condition: str, level: int) -> AlertRule:
        return self.rules[self.ticket.priority, condition, level]

    def thresholds(self, condition: str) -> dict[int, int]:
        """Level -> business minutes, of the ticket's priority as it is now."""
        wanted = (self.ticket.priority, condition)
        return {rule.level: rule.threshold_minutes for key, rule in self.rules.items() if key[:2] == wanted}


def standing_on(ticket: Ticket) -> list[Alert]:
    """Open and acknowledged ones with whom they are for, condition by condition, the highest level first. Two queries,
    one where there are none.
    """
    order = list(AlertCondition)
    rows = Alert.objects.filter(ticket=ticket).standing().with_people()
    return sorted(rows, key=lambda alert: (order.index(AlertCondition(alert.condition)), -alert.level))


@dataclass(frozen=True)
class Wanted:
    """What a list of alerts is narrowed to; empty: to nothing."""

    of_teams: bool = False
    """On tickets of teams that one leads, supervises or manages, all for auditors; else those one was told of."""
    condition: str = ""
    level: int | None = None
    status: str = AlertStatus.OPEN


def alerts_for(agent: Agent, wanted: Wanted) -> AlertQuerySet:
    """Unordered, with their tickets and people.

    `is_ticket_in_sight` is asked anew, as for reminders: what one was told of may have gone out of sight since.
    """
    alerts = _of_teams(agent) if wanted.of_teams else _told_of(agent, is_open=wanted.status == AlertStatus.OPEN)
    given = {"condition": wanted.condition, "level": wanted.level, "status": wanted.status}
    in_sight = Ticket.objects.visible_to(agent).filter(pk=OuterRef("ticket")).order_by()
    rows = alerts.filter(**{name: value for name, value in given.items() if value})
    return rows.with_people().select_related("ticket").annotate(is_ticket_in_sight=Exists(in_sight))


def _told_of(agent: Agent, *, is_open: bool) -> AlertQuerySet:
    """Open ones are found by an index that holds these alone."""
    told = AlertRecipient.objects.filter(agent=agent, **{"is_open": True} if is_open else {})
    return Alert.objects.filter(pk__in=told.values("alert"))


def _of_teams(agent: Agent) -> AlertQuerySet:
    reach = reach_of(agent)
    return Alert.objects.all() if reach.sees_everything else Alert.objects.filter(ticket__team__in=reach.in_charge)


def alerts_in_sight(agent: Agent) -> AlertQuerySet:
    """Those of tickets that `agent` reads, and those they were told of."""
    told = AlertRecipient.objects.filter(agent=agent, alert=OuterRef("pk"))
    return Alert.objects.filter(Q(ticket__in=Ticket.objects.visible_to(agent).order_by()) | Exists(told))


def rules_now() -> Rules:
    rows = AlertRule.objects.filter(is_active=True)
    return {(rule.priority, rule.condition, rule.level): rule for rule in rows}


def first_thresholds(condition: AlertCondition) -> dict[str, timedelta]:
    """Priority -> business time until the first level that is active; of a priority without any there is none."""
    rows = AlertRule.objects.filter(condition=condition, is_active=True).order_by("-level")
    return {row.priority: timedelta(minutes=row.threshold_minutes) for row in rows}


def standing_of(ticket_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """A fixed number of queries, however many they are."""
    if not ticket_ids:
        return {}
    ids = list(ticket_ids)
    people = ("owner__supervisor", "team__lead", "team__supervisor", "team__manager", "team__parent__manager")
    tickets = list(Ticket.objects.filter(pk__in=ids).select_related(*people, "team__calendar"))
    clocks = {clock.ticket_id: clock for clock in SlaClock.objects.of_tickets(ids).filter(metric=Metric.RESOLUTION)}
    stops: dict[UUID, list[Stop]] = {}
    for pause in SlaPause.objects.filter(ticket__in=ids).order_by("from_at"):
        stops.setdefault(pause.ticket_id, []).append(Stop(pause.reason, pause.from_at, pause.to_at))
    calendars, rules = work_calendars_for(tickets), rules_now()
    return {
        ticket.pk: Standing(ticket, calendars[ticket.pk], clocks.get(ticket.pk), stops.get(ticket.pk, ()), rules)
        for ticket in tickets
    }


def people_around(tickets: Collection[Ticket], *, at: datetime) -> dict[UUID, Around]:
    """By ticket. Tickets must come with their people, as those of `standing_of` do. Two queries."""
    admins = list(Agent.objects.active().filter(roles__contains=[Role.ADMIN]).order_by("name", "pk"))
    found = [agent for ticket in tickets for agent in _named(ticket)] + admins
    absences = Absence.objects.filter(agent__in={agent.pk for agent in found}).select_related("agent", "deputy")
    deputies = {absence.agent_id: absence.deputy for absence in absences_around(absences, at) if runs(absence, at)}
    return {ticket.pk: Around(ticket.owner, ticket.team, admins, deputies) for ticket in tickets}


def _named(ticket: Ticket) -> list[Agent]:
    team, owner = ticket.team, ticket.owner
    people = (owner, owner.supervisor if owner else None, team.lead, team.supervisor, team.manager)
    parent = team.parent.manager if team.parent else None
    return [agent for agent in (*people, parent) if agent is not None]


def promised_minutes(priority: str) -> int | None:
    """Business minutes to the resolution, by the policy that holds for all of a priority; None: there is none."""
    rows = SlaPolicy.objects.filter(kind=PolicyKind.SLA, is_active=True, priority=priority)
    general = rows.filter(company=None, customer_tier="", team=None, category=None, ticket_type="")
    return general.order_by("order").values_list("resolution_minutes", flat=True).first()
