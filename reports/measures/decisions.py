"""Decisions that were looked at again, and what was granted (metrics.md M18, M19)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Q

from accounts.models import Agent
from core.labels import label_of
from reports.enums import Unit
from reports.measures.asked import Asked, Rows, tickets, within
from reports.measures.figures import Figure, Group, count, ratio
from tickets.calibration import items_in_sight
from tickets.enums import TicketStatus
from tickets.figures import TREND, granted
from tickets.models import CalibrationItem
from tickets.resolution_enums import (
    CalibrationOutcome,
    CalibrationReason,
    EmpowermentTier,
    ItemStatus,
    ResolutionType,
    SessionStatus,
    WhyEligible,
)

CENT = Decimal("0.01")


def _items(asked: Asked) -> Rows:
    """Without those that the reader has still to judge, as a figure would tell them the verdict; programs are told
    verdicts once the week is closed.
    """
    if isinstance(asked.reader, Agent):
        rows: Rows = items_in_sight(asked.reader)
        rows = rows.filter(is_blind=False)
    else:
        rows = CalibrationItem.objects.filter(Q(session__status=SessionStatus.CLOSED) | Q(status=ItemStatus.PENDING))
    rows = rows.filter(**{f"resolution__ticket__{name}": value for name, value in asked.only.items()})
    return rows if asked.teams is None else rows.filter(resolution__ticket__team__in=asked.teams)


def calibration_score(asked: Asked) -> list[Figure]:
    """M18: upheld, of the items reviewed in the period; the same by reason, team and tier, of which the random sample
    alone stands for all decisions; then what waits for a verdict now. Of a person nothing: whom a verdict is about
    learns it from who talks with them.
    """
    if asked.person is not None:
        return []
    base = _items(asked).filter(within(asked, "reviewed_at"), status=ItemStatus.REVIEWED)
    columns = ("outcome", "reasons", "resolution__ticket__team", "resolution__ticket__team__name")
    numbers: dict[Group, list[int]] = defaultdict(lambda: [0, 0])
    whole = [0, 0]
    for outcome, reasons, team_id, team, tier in base.values_list(*columns, "resolution__empowerment_tier"):
        groups = [Group("why", reason, label_of(CalibrationReason, reason)) for reason in reasons]
        groups += [Group("team", str(team_id), team), Group("tier", tier, label_of(EmpowermentTier, tier))]
        for counts in (whole, *(numbers[group] for group in groups)):
            counts[0] += outcome == CalibrationOutcome.UPHELD
            counts[1] += 1
    waiting = _items(asked).filter(status=ItemStatus.PENDING, carried_over_at__isnull=True)
    return [
        _upheld(base, whole),
        *(_upheld(base.filter(_of(group)), numbers[group], group) for group in sorted(numbers, key=_place)),
        count("M18_backlog", waiting),
    ]


def _upheld(base: Rows, counts: list[int], group: Group | None = None) -> Figure:
    kept = base.filter(outcome=CalibrationOutcome.UPHELD)
    return ratio("M18", kept, base, numerator=counts[0], denominator=counts[1], group=group)


def _of(group: Group) -> Q:
    match group.kind:
        case "why":
            return Q(reasons__contains=[group.key])
        case "team":
            return Q(resolution__ticket__team=group.key)
    return Q(resolution__empowerment_tier=group.key)


def _place(group: Group) -> tuple[str, str, str]:
    return group.kind, group.name, group.key


@dataclass(frozen=True)
class Grant:
    amount: Decimal
    currency: str
    agent: Any
    agent_name: str
    team: Any
    team_name: str
    why: str
    type: str


GROUPS: dict[str, tuple[str, Callable[[Grant], tuple[str, str]]]] = {
    "agent": ("agent", lambda grant: (str(grant.agent), grant.agent_name)),
    "team": ("ticket__team", lambda grant: (str(grant.team), grant.team_name)),
    "why": ("why_eligible_category", lambda grant: (grant.why, label_of(WhyEligible, grant.why))),
    "kind": ("resolution_type", lambda grant: (grant.type, label_of(ResolutionType, grant.type))),
}
"""By what sums are told apart: its column, and key and name of a grant."""


def _granted(asked: Asked) -> Rows:
    rows: Rows = granted().filter(within(asked, "at"))
    rows = rows.filter(**{f"ticket__{name}": value for name, value in asked.only.items()})
    if asked.person is not None:
        return rows.filter(agent=asked.person)
    return rows if asked.teams is None else rows.filter(ticket__team__in=asked.teams)


def compensation(asked: Asked) -> list[Figure]:
    """M19: what was granted in the period, by when it was approved or, where that was not needed, written down. Each
    currency by itself: the whole, what a ticket closed in the period cost on average, what a period of this length
    brought in the three months before; then by agent, team, reason and kind.
    """
    rows = _granted(asked)
    columns = ("amount", "currency", "agent", "agent__name", "ticket__team", "ticket__team__name")
    grants = [Grant(*row) for row in rows.values_list(*columns, "why_eligible_category", "resolution_type")]
    earlier = _granted(asked.between(asked.start - TREND, asked.start))
    before: dict[str, Decimal] = defaultdict(Decimal)
    for amount, currency in earlier.values_list("amount", "currency"):
        before[currency] += amount
    closed = tickets(asked).filter(within(asked, "closed_at"), status=TicketStatus.CLOSED)
    of, length = closed.count(), Decimal((asked.end - asked.start) / TREND)
    found: list[Figure] = []
    for currency in sorted({grant.currency for grant in grants} | before.keys()):
        mine, group = rows.filter(currency=currency), Group("currency", currency, currency)
        amounts = [grant.amount for grant in grants if grant.currency == currency]
        total = sum(amounts, Decimal("0.00"))
        mean = (total / of).quantize(CENT, ROUND_HALF_UP) if of else None
        usual = (before[currency] * length).quantize(CENT, ROUND_HALF_UP)
        past = earlier.filter(currency=currency)
        found += [
            _money("M19", total, mine, len(amounts), group),
            _money("M19_mean", mean, mine, len(amounts), group, base=closed, denominator=of),
            _money("M19_before", usual, past, past.count(), group),
        ]
    kinds = [kind for kind in GROUPS if kind != "agent" or asked.person is None]
    return [*found, *(figure for kind in kinds for figure in _sums(kind, grants, rows))]


def _sums(kind: str, grants: Iterable[Grant], rows: Rows) -> Iterator[Figure]:
    column, place = GROUPS[kind]
    amounts: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for grant in grants:
        key, name = place(grant)
        amounts[name, key, grant.currency].append(grant.amount)
    for (name, key, currency), mine in sorted(amounts.items()):
        group = Group(kind, f"{key}-{currency}", f"{name}, {currency}")
        yield _money("M19", sum(mine), rows.filter(**{column: key, "currency": currency}), len(mine), group)


def _money(
    code: str,
    value: Any,
    counted: Rows,
    number: int,
    group: Group,
    *,
    base: Rows | None = None,
    denominator: int | None = None,
) -> Figure:
    return Figure(
        code=code,
        unit=Unit.MONEY,
        value=value,
        numerator=number,
        denominator=number if denominator is None else denominator,
        counted=counted,
        base=counted if base is None else base,
        group=group,
    )
