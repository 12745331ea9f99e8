"""Figures of decisions: calibration score and compensation (metrics.md M18, M19). Each names the rows behind it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.enums import Role
from accounts.models import Agent
from accounts.selectors import reach_of
from tickets.calibration import items_in_sight
from tickets.enums import TicketStatus
from tickets.models import CalibrationItem, CalibrationVerdict, Resolution, Ticket
from tickets.resolution_enums import GRANTED, CalibrationOutcome, CalibrationReason, ItemStatus

CENT = Decimal("0.01")
TREND = timedelta(weeks=13)
"""Compensation is held against the three months before, brought to the length of the period."""


@dataclass(frozen=True)
class Share:
    """`numerator` of the rows `ids`."""

    numerator: int
    ids: tuple[UUID, ...]

    @property
    def denominator(self) -> int:
        return len(self.ids)

    @property
    def percent(self) -> Decimal | None:
        """One decimal, half up; None where there is nothing to take a share of."""
        if not self.ids:
            return None
        return (Decimal(100 * self.numerator) / self.denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Sum:
    """Money of one currency, of one agent, team, reason or kind."""

    name: str
    """What people or programs call the group; empty for the whole."""
    currency: str
    total: Decimal
    ids: tuple[UUID, ...]
    before: Decimal
    """What the same group had in a period of this length, on average of the three months before."""

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def change(self) -> Decimal | None:
        """Percent against `before`; None where nothing was granted then."""
        if not self.before:
            return None
        return (100 * (self.total - self.before) / self.before).quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Calibration:
    upheld: Share
    by_reason: dict[str, Share]
    by_team: dict[str, Share]
    by_tier: dict[str, Share]
    outcomes: dict[str, int]
    backlog: int
    """Items that nobody has reviewed, of open weeks."""
    agreement: Share
    """Items with several verdicts that are all the same."""


@dataclass(frozen=True)
class Compensation:
    by_agent: list[Sum]
    by_team: list[Sum]
    by_reason: list[Sum]
    by_type: list[Sum]
    whole: list[Sum]
    closed_count: int
    """Tickets closed in the period, for the mean."""

    def per_closed_ticket(self, of: Sum) -> Decimal | None:
        """Mean; None where no ticket was closed."""
        return (of.total / self.closed_count).quantize(CENT, ROUND_HALF_UP) if self.closed_count else None


def calibration_figures(agent: Agent, start: datetime, end: datetime) -> Calibration:
    """Of items reviewed in [start, end) in the agent's sight. What they have still to judge themselves is not counted:
    it would tell them the verdict.
    """
    sight = items_in_sight(agent)
    rows: Iterable[Any] = sight.filter(status=ItemStatus.REVIEWED, reviewed_at__gte=start, reviewed_at__lt=end)
    reviewed: list[CalibrationItem] = [item for item in rows if not item.is_blind]  # annotated

    def shares(keys: Callable[[CalibrationItem], Iterable[str]]) -> dict[str, Share]:
        groups: dict[str, list[CalibrationItem]] = defaultdict(list)
        for item in reviewed:
            for key in keys(item):
                groups[key].append(item)
        return {key: _upheld(groups[key]) for key in sorted(groups)}

    found = {outcome.value: 0 for outcome in CalibrationOutcome}
    for item in reviewed:
        found[item.outcome] += 1
    by_reason = shares(lambda item: item.reasons)
    return Calibration(
        upheld=_upheld(reviewed),
        by_reason={reason.value: by_reason[reason] for reason in CalibrationReason if reason in by_reason},
        by_team=shares(lambda item: [item.resolution.ticket.team.name]),
        by_tier=shares(lambda item: [item.resolution.empowerment_tier]),
        outcomes=found,
        backlog=sight.filter(status=ItemStatus.PENDING, carried_over_at__isnull=True).count(),
        agreement=_agreement(reviewed),
    )


def _upheld(items: Sequence[CalibrationItem]) -> Share:
    return Share(sum(item.outcome == CalibrationOutcome.UPHELD for item in items), tuple(item.pk for item in items))


def _agreement(items: Sequence[CalibrationItem]) -> Share:
    given: dict[UUID, list[str]] = defaultdict(list)
    verdicts = CalibrationVerdict.objects.filter(item__in=[item.pk for item in items])
    for item_id, outcome in verdicts.order_by("id").values_list("item_id", "outcome"):
        given[item_id].append(outcome)
    several = {pk: outcomes for pk, outcomes in given.items() if len(outcomes) > 1}
    return Share(sum(len(set(outcomes)) == 1 for outcomes in several.values()), tuple(several))


def granted() -> QuerySet[Any]:  # Any: annotated
    """Granted amounts, with the moment they were granted as `at`."""
    rows = Resolution.objects.filter(approval_status__in=GRANTED, amount__isnull=False)
    return rows.annotate(at=Coalesce("approved_at", "created_at", output_field=DateTimeField()))


def granted_between(agent: Agent, start: datetime, end: datetime) -> QuerySet[Any]:  # Any: annotated
    """Granted amounts in the charge of `agent` (all for auditors), by when they were granted, as `at`."""
    rows = granted().filter(_scope(agent, "ticket__team"), at__gte=start, at__lt=end)
    return rows.select_related("agent", "ticket__team").order_by("at", "id")


def _scope(agent: Agent, team: str) -> Q:
    return Q() if agent.has_role(Role.AUDITOR) else Q(**{f"{team}__in": reach_of(agent).in_charge})


def compensation_figures(agent: Agent, start: datetime, end: datetime) -> Compensation:
    """Granted in [start, end), each currency by itself, held against the three months before."""
    rows = list(granted_between(agent, start - TREND, end))
    length = Decimal((end - start) / TREND)

    def sums(key: Callable[[Any], Any], name: Callable[[Any], str]) -> list[Sum]:
        earlier: dict[Any, Decimal] = defaultdict(Decimal)
        groups: dict[Any, list[Any]] = defaultdict(list)
        names: dict[Any, str] = {}
        for row in rows:
            place = key(row), row.currency
            names[place] = name(row)
            if row.at < start:
                earlier[place] += row.amount
                groups[place] += []  # a fall to nothing is a figure too
            else:
                groups[place].append(row)
        found = [
            Sum(
                name=names[place],
                currency=place[1],
                total=sum((row.amount for row in mine), Decimal("0.00")),
                ids=tuple(row.pk for row in mine),
                before=(earlier[place] * length).quantize(CENT, ROUND_HALF_UP),
            )
            for place, mine in groups.items()
        ]
        return sorted(found, key=lambda each: (each.name, each.currency, each.ids))

    closed = Ticket.objects.filter(_scope(agent, "team"), status=TicketStatus.CLOSED)
    return Compensation(
        by_agent=sums(lambda row: row.agent_id, lambda row: row.agent.name),
        by_team=sums(lambda row: row.ticket.team_id, lambda row: row.ticket.team.name),
        by_reason=sums(lambda row: row.why_eligible_category, lambda row: row.why_eligible_category),
        by_type=sums(lambda row: row.resolution_type, lambda row: row.resolution_type),
        whole=sums(lambda _row: "", lambda _row: ""),
        closed_count=closed.filter(closed_at__gte=start, closed_at__lt=end).count(),
    )


def months_back(now: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The period that is looked at unless another is asked for: this month until today, and the two before; local
    days, the last one included.
    """
    today = now.astimezone(zone).date()
    return months_until(today), today


def months_until(last: date) -> date:
    """The first day of such a period that ends with `last`."""
    months = last.year * 12 + last.month - 1 - 2
    return date(months // 12, months % 12 + 1, 1)
