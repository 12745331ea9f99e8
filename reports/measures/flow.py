"""Open work: how old it is, who accepts it, who has how much, who was handed it (metrics.md M16, M20 to M22)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce

from accounts.enums import Role
from accounts.models import Agent, Team
from accounts.selectors import absent_ids
from envelopes.enums import EnvelopeStatus
from envelopes.models import Envelope
from reports.enums import AGES, Band, Unit
from reports.measures.asked import Asked, Rows, tickets, within
from reports.measures.figures import Figure, Group, count, durations_and_counts, percent, ratio
from reports.measures.hours import business_time
from sla.alerts.enums import AlertCondition
from sla.alerts.selectors import first_thresholds
from tickets.enums import OPEN, TicketStatus, TransferReason
from tickets.models import OwnershipTransfer, Ticket


def open_tickets(asked: Asked) -> Rows:
    return tickets(asked).filter(status__in=OPEN)


def in_band(band: Band, now: datetime) -> Q:
    """Open tickets of an age; those that wait for the customer have a band of their own."""
    waiting = Q(status=TicketStatus.WAITING_CUSTOMER)
    if band == Band.WAITING:
        return waiting
    over, until = AGES[band]
    older = Q(created_at__lt=now - over) if over is not None else Q()
    younger = Q(created_at__gte=now - until) if until is not None else Q()
    return older & younger & ~waiting


def backlog_age(asked: Asked) -> list[Figure]:
    """M16: how old open tickets are now, counted from their first creation; then the bands, each as a share of all."""
    rows = open_tickets(asked)
    age = ExpressionWrapper(Value(asked.now) - F("created_at"), output_field=DurationField())
    conditions = {band.name: in_band(band, asked.now) for band in Band}
    whole, counts = durations_and_counts("M16", rows, age, conditions)
    bands = [
        ratio(
            "M16",
            rows.filter(conditions[band.name]),
            rows,
            numerator=counts[band.name],
            denominator=whole.denominator,
            group=Group("band", band.value, str(band.label)),
        )
        for band in Band
    ]
    return [whole, *bands]


def open_by_team(asked: Asked) -> list[Figure]:
    """Open tickets of each team now, those of no team in sight left out. One query."""
    rows = open_tickets(asked)
    found = rows.order_by().values("team", "team__name").annotate(n=Count("pk"), unowned=Count("pk", filter=_UNOWNED))
    return [
        figure
        for row in found.order_by("team__name", "team")
        for figure in _of_team(rows.filter(team=row["team"]), row)
    ]


_UNOWNED = Q(owner__isnull=True)


def _of_team(rows: Rows, row: dict[str, Any]) -> Iterable[Figure]:
    group = Group("team", str(row["team"]), row["team__name"])
    yield count("open", rows, number=row["n"], group=group)
    yield count("open_unowned", rows.filter(_UNOWNED), number=row["unowned"], group=group)


def ownership_clarity(asked: Asked) -> list[Figure]:
    """M20: accepted before the first alert would have come, as the matrix says now, of the tickets created in the
    period; and how many have no owner now. What is unowned and not late yet is provisional. Of a priority for which
    nobody is alerted there is no "in time".

    Whoever was quick by the clock on the wall was so by the team's; the others are measured one by one.
    """
    allowed = first_thresholds(AlertCondition.NOT_ASSIGNED)
    base = tickets(asked).filter(within(asked, "created_at"), priority__in=list(allowed))
    limit = Case(
        *(When(priority=priority, then=Value(length)) for priority, length in allowed.items()),
        default=None,
        output_field=DurationField(),
    )
    quick = Q(owner_accepted_at__isnull=False, owner_accepted_at__lte=F("created_at") + limit)
    rows = base.filter(~quick).values_list("pk", "team", "priority", "created_at", "owner_accepted_at")
    in_time, pending, hours = [], 0, asked.hours
    for pk, team_id, priority, created_at, accepted_at in rows:
        taken = business_time(hours, team_id, created_at, accepted_at or asked.now)
        if taken <= allowed[priority]:
            if accepted_at is None:
                pending += 1
            else:
                in_time.append(pk)
    found = base.aggregate(of=Count("pk"), quick=Count("pk", filter=quick))
    clear = ratio(
        "M20",
        base.filter(quick | Q(pk__in=in_time)),
        base,
        numerator=found["quick"] + len(in_time),
        denominator=found["of"],
        provisional=pending,
    )
    return [clear, count("M20_unowned", open_tickets(asked).filter(_UNOWNED))]


def transfers(asked: Asked) -> list[Figure]:
    """M21: handed on in the period, for every 1000 tickets created in it; then how often for which reason."""
    rows: Rows = OwnershipTransfer.objects.filter(within(asked, "created_at"))
    rows = rows.exclude(ticket__status=TicketStatus.CANCELLED)
    if asked.person is not None:
        rows = rows.filter(Q(old_owner=asked.person) | Q(new_owner=asked.person))
    elif asked.teams is not None:
        rows = rows.filter(ticket__team__in=asked.teams)
    rows = rows.filter(**{f"ticket__{name}": value for name, value in asked.only.items()})
    created = tickets(asked).filter(within(asked, "created_at"))
    numbers = dict(rows.order_by().values_list("reason_code").annotate(n=Count("pk")))
    total, of = sum(numbers.values()), created.count()
    rate = Figure(
        code="M21",
        unit=Unit.PER_THOUSAND,
        value=percent(total, of, of=1000),
        numerator=total,
        denominator=of,
        counted=rows,
        base=created,
    )
    return [
        rate,
        *(
            count(
                "M21_reason",
                rows.filter(reason_code=reason),
                number=numbers.get(reason.value, 0),
                group=Group("reason", reason.value, str(reason.label)),
            )
            for reason in TransferReason
        ),
    ]


def workload(asked: Asked) -> list[Figure]:
    """M22: owned open tickets and envelopes worked on against what an agent can take, of whichever team they are, or
    those of a team against what all of it can take; absent agents are no part of their team's, and neither are those
    who have left with open tickets, who can take none. Of a person only their own. Percent of capacity, so it may
    exceed 100.
    """
    people = _people(asked)
    away = absent_ids(people, at=asked.now) | {agent.pk for agent in people if not agent.is_active}
    loads = _loads(people, asked)
    found: list[Figure] = []
    for agent in people:
        group = Group("agent", str(agent.pk), agent.name, is_aside=agent.pk in away, has_left=not agent.is_active)
        found += _loaded([agent], group, loads)
    if asked.person is None:
        for team in _teams(people, asked):
            members = [agent for agent in people if agent.pk not in away and team in agent.teams.all()]
            found += _loaded(members, Group("team", str(team.pk), team.name), loads, team=team)
    return found


def _people(asked: Asked) -> list[Agent]:
    """Who works, and who has left open tickets behind."""
    if asked.person is not None:
        return [asked.person]
    works = Q(is_active=True, roles__overlap=[Role.AGENT, Role.TEAM_LEAD, Role.SUPERVISOR])
    if asked.teams is not None:
        works &= Q(teams__in=asked.teams)
    left = Q(is_active=False, pk__in=open_tickets(asked).filter(owner__is_active=False).order_by().values("owner"))
    rows = Agent.objects.filter(works | left).distinct()
    return list(rows.prefetch_related("teams").order_by("name", "id"))


def _teams(people: list[Agent], asked: Asked) -> list[Team]:
    """Those in sight that somebody is a member of."""
    teams = {team for agent in people for team in agent.teams.all() if team.is_active}
    seen = teams if asked.teams is None else {team for team in teams if team.pk in asked.teams}
    return sorted(seen, key=lambda team: (team.name, team.pk))


@dataclass(frozen=True)
class _Load:
    """Of one kind of work: the rows, and how many there are by person and team."""

    code: str
    rows: Rows
    who: str
    capacity: str
    counts: Mapping[tuple[UUID, UUID | None], int]

    def of(self, people: Collection[Agent], team: Team | None) -> int:
        ids = {agent.pk for agent in people}
        return sum(n for (pk, team_id), n in self.counts.items() if pk in ids and (team is None or team_id == team.pk))


def _loads(people: list[Agent], asked: Asked) -> list[_Load]:
    """One query each."""
    owned = Ticket.objects.filter(status__in=OPEN, **asked.only).annotate(of_team=F("team"))
    of_ticket = {f"ticket__{name}": value for name, value in asked.only.items()}
    helping = Envelope.objects.filter(status=EnvelopeStatus.ACTIVE, **of_ticket).annotate(
        of_team=Coalesce("team", "assigned_to__primary_team")
    )
    return [
        _load("M22", owned, "owner", "max_tickets", people),
        _load("M22_envelopes", helping, "assigned_to", "max_envelopes", people),
    ]


def _load(code: str, rows: Rows, who: str, capacity: str, people: list[Agent]) -> _Load:
    counted = rows.filter(**{f"{who}__in": people}).order_by().values_list(who, "of_team").annotate(n=Count("pk"))
    return _Load(code, rows, who, capacity, {(pk, team_id): n for pk, team_id, n in counted})


def _loaded(people: list[Agent], group: Group, loads: Iterable[_Load], *, team: Team | None = None) -> Iterable[Figure]:
    ids = [agent.pk for agent in people]
    for load in loads:
        rows = load.rows.filter(**{f"{load.who}__in": ids}, **({"of_team": team.pk} if team else {}))
        room = sum(getattr(agent, load.capacity) for agent in people if agent.is_active)
        yield ratio(load.code, rows, rows, numerator=load.of(people, team), denominator=room, group=group)
