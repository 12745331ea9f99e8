"""The priority score of a ticket, from what is known of it at a moment. Plain Python: no database, no clock of its own.

Source: domain.md section 11. Bounds are strict: a factor begins after the moment at which its bound is reached, so
exactly 240 business minutes give what more would give.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from accounts.enums import Tier
from core.worktime import WorkCalendar, add_worked, subtract_worked
from sla.scores.enums import Part, ScoreCode
from tickets.enums import FlagType, Priority

C = ScoreCode
HIGHEST_COMPUTED = Decimal("9999999.99")
"""What a ticket's column holds; numbers that admins may set stay below."""
NONE = Decimal("1.0")
CENT = Decimal("0.01")
BANDS = (
    (timedelta(minutes=60), C.SLA_HOUR),
    (timedelta(minutes=240), C.SLA_HALF_DAY),
    (timedelta(minutes=1440), C.SLA_DAYS),
)
"""Open time left, and the factor while there is less; the nearest first."""
HELP_WAITS = timedelta(minutes=120)
"""Open time of whoever is asked."""
ANSWER_WAITS = timedelta(hours=24)
"""As the clock on the wall goes."""
BASES: Mapping[str, ScoreCode] = {
    Priority.CRITICAL: C.BASE_CRITICAL,
    Priority.HIGH: C.BASE_HIGH,
    Priority.MEDIUM: C.BASE_MEDIUM,
    Priority.LOW: C.BASE_LOW,
}
FLAGS: Mapping[str, ScoreCode] = {
    FlagType.SOCIAL_MEDIA: C.FLAG_SOCIAL_MEDIA,
    FlagType.LEGAL: C.FLAG_LEGAL,
    FlagType.REPEAT_CONTACT: C.FLAG_REPEAT_CONTACT,
}
USUAL: Mapping[str, Decimal] = {
    C.BASE_CRITICAL: Decimal("100.00"),
    C.BASE_HIGH: Decimal("70.00"),
    C.BASE_MEDIUM: Decimal("40.00"),
    C.BASE_LOW: Decimal("10.00"),
    C.SLA_HOUR: Decimal("3.00"),
    C.SLA_HALF_DAY: Decimal("2.00"),
    C.SLA_DAYS: Decimal("1.50"),
    C.VIP: Decimal("1.50"),
    C.PREMIUM: Decimal("1.20"),
    C.ESCALATION: Decimal("1.30"),
    C.NO_RESPONSE: Decimal("1.20"),
    C.REOPENED: Decimal("1.40"),
    C.FLAG_SOCIAL_MEDIA: Decimal("1.50"),
    C.FLAG_LEGAL: Decimal("1.50"),
    C.FLAG_REPEAT_CONTACT: Decimal("1.30"),
    C.ATTENTION: Decimal("80.00"),
}
"""What holds where no row says otherwise."""
Values = Mapping[str, Decimal]
"""By `ScoreCode`."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A promise to the customer that runs."""

    due_at: datetime
    calendar: WorkCalendar
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Help that nobody has accepted yet."""

    since: datetime
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class Override:
    """What a person has said instead."""

    score: Decimal
    until: datetime
    """Up to and with this moment."""


@dataclass(frozen=True, slots=True)
class Facts:
    priority: str
    tier: str = Tier.STANDARD
    """The highest of contact and companies."""
    flags: Collection[str] = ()
    reopen_count: int = 0
    is_open: bool = True
    """Of one that is not, time changes nothing."""
    deadlines: Sequence[Deadline] = ()
    pending: Sequence[Pending] = ()
    unanswered_since: datetime | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    score: Decimal
    """Two places."""
    breakdown: dict[str, str] = field(hash=False)
    """`base`, each factor by its `Part`, and, where a person has said otherwise, `computed` and `override`."""
    next_change_at: datetime | None
    """After this moment time alone changes something, if nothing else does before."""
    urgent_at: datetime | None
    """After this moment a promise is missed or has less than an hour of open time left; None: none runs."""


def rank(facts: Facts, values: Values, now: datetime) -> Ranking:
    """The score at `now` (UTC)."""
    base = values[BASES[facts.priority]].quantize(CENT)
    factors = {
        Part.SLA: _promise(facts, values, now),
        Part.CUSTOMER: _customer(facts, values),
        Part.ESCALATION: values[C.ESCALATION] if any(at < now for at in _help_ends(facts)) else NONE,
        Part.NO_RESPONSE: values[C.NO_RESPONSE] if any(at < now for at in _answer_ends(facts)) else NONE,
        Part.REOPENED: values[C.REOPENED] if facts.reopen_count >= 1 else NONE,
        Part.FLAG: max((values[FLAGS[flag]] for flag in facts.flags if flag in FLAGS), default=NONE),
    }
    score = base
    for factor in factors.values():
        score *= factor
    score = min(score.quantize(CENT, ROUND_HALF_UP), HIGHEST_COMPUTED)
    breakdown = {"base": str(base)} | {str(part): _told(factor) for part, factor in factors.items()}
    override = facts.override
    if override is not None and now <= override.until:
        breakdown |= {"computed": str(score), "override": str(override.score.quantize(CENT))}
        score = override.score.quantize(CENT)
    moments = _moments(facts, values, factors[Part.SLA])
    next_change_at = min((at for at in moments if at >= now), default=None)
    return Ranking(score, breakdown, next_change_at, min(_urgent_from(facts), default=None))


def edges_of(deadline: Deadline) -> list[datetime]:
    """After each of these a higher factor holds, the nearest to the due moment first."""
    return [subtract_worked(deadline.calendar, deadline.due_at, left) for left, _code in BANDS]


def _promise(facts: Facts, values: Values, now: datetime) -> Decimal:
    """Of the nearest one; what stands still is not among them."""
    if not facts.is_open:
        return NONE
    return max((_factor_of(deadline, values, now) for deadline in facts.deadlines), default=NONE)


def _factor_of(deadline: Deadline, values: Values, now: datetime) -> Decimal:
    if deadline.missed_at is not None:
        return values[C.SLA_HOUR]
    for edge, (_left, code) in zip(edges_of(deadline), BANDS, strict=True):
        if edge < now:
            return values[code]
    return NONE


def _urgent_from(facts: Facts) -> Iterator[datetime]:
    if facts.is_open:
        yield from (deadline.missed_at or edges_of(deadline)[0] for deadline in facts.deadlines)


def _customer(facts: Facts, values: Values) -> Decimal:
    if facts.tier == Tier.VIP or FlagType.VIP in facts.flags:
        return values[C.VIP]
    return values[C.PREMIUM] if facts.tier == Tier.PREMIUM else NONE


def _help_ends(facts: Facts) -> Iterator[datetime]:
    if facts.is_open:
        yield from (add_worked(each.calendar, each.since, HELP_WAITS) for each in facts.pending)


def _answer_ends(facts: Facts) -> Iterator[datetime]:
    if facts.is_open and facts.unanswered_since is not None:
        yield facts.unanswered_since + ANSWER_WAITS


def _moments(facts: Facts, values: Values, promise: Decimal) -> Iterator[datetime]:
    """After which a factor may be another one by time alone; `promise` is that of the clocks now."""
    for deadline in facts.deadlines if facts.is_open else ():
        if deadline.missed_at is None:
            for edge, (_left, code) in zip(edges_of(deadline), BANDS, strict=True):
                if values[code] != promise:
                    yield edge
    yield from _help_ends(facts)
    yield from _answer_ends(facts)
    if facts.override is not None:
        yield facts.override.until


def _told(factor: Decimal) -> str:
    """Without zeros that say nothing, but for one."""
    plain = f"{factor.normalize():f}"
    return plain if "." in plain else f"{plain}.0"
