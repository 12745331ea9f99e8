"""Who may grant what (domain.md section 8). Pure functions on exact decimals; an edge belongs to the lower tier."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from tickets.resolution_enums import CalibrationReason, EmpowermentTier, ResolutionType, WhyEligible

T = EmpowermentTier
ORDER = (T.AGENT, T.TEAM_LEAD, T.MANAGER)


@dataclass(frozen=True)
class Limits:
    """Of a team in one currency."""

    tier1: Decimal
    tier2: Decimal
    vip_factor: Decimal


USUAL = Limits(Decimal("100.00"), Decimal("500.00"), Decimal("2.0"))
USUAL_CURRENCY = "EUR"
"""The currency of the usual limits; in every other one a team has the limits that were set for it, or none."""

MINIMUM: dict[str, EmpowermentTier] = {
    ResolutionType.REFUND_PARTIAL: T.TEAM_LEAD,
    ResolutionType.REFUND_FULL: T.MANAGER,
    WhyEligible.POLICY_EXCEPTION: T.MANAGER,
}
"""Lowest tier by kind and by reason, whatever the amount."""


PAID = frozenset({ResolutionType.CREDIT, ResolutionType.REFUND_PARTIAL, ResolutionType.REFUND_FULL})
"""Money: without its amount nobody could tell whose tier it is."""
NO_COMPENSATION = frozenset({ResolutionType.INFORMATION, ResolutionType.WORKAROUND, ResolutionType.NO_ACTION})
"""Nothing of value, unless an amount is named."""


def agent_limit(limits: Limits, *, personal: Decimal, is_vip: bool) -> Decimal:
    """What agents grant alone: the lower of the team's limit and their own, times the factor for VIPs."""
    return min(limits.tier1, personal) * (limits.vip_factor if is_vip else 1)


def tier_by_amount(total: Decimal, limits: Limits | None, *, personal: Decimal, is_vip: bool) -> EmpowermentTier:
    """`total`: all that is granted, asked for and now wanted on the ticket in this currency. No limits: managers."""
    if limits is None:
        return T.MANAGER
    if total <= agent_limit(limits, personal=personal, is_vip=is_vip):
        return T.AGENT
    return T.TEAM_LEAD if total <= limits.tier2 else T.MANAGER


def tier_for(
    amount: Decimal | None,
    *,
    before: Decimal,
    kind: str,
    reason: str,
    limits: Limits | None,
    personal: Decimal,
    is_vip: bool,
) -> EmpowermentTier:
    """The tier of a resolution; `before` is the running total of the ticket without it, in its currency."""
    wanted = [MINIMUM.get(kind, T.AGENT), MINIMUM.get(reason, T.AGENT)]
    if amount is not None:
        wanted.append(tier_by_amount(before + amount, limits, personal=personal, is_vip=is_vip))
    return max(wanted, key=ORDER.index)


CALIBRATED_FLAGS = frozenset({"physical_damage", "social_media", "legal"})
COMPLAINT_FLAG, VIP_FLAG = "complaint", "vip"


def calibration_reasons(tier: str, flags: Collection[str]) -> list[CalibrationReason]:
    """Why a resolution is looked at again in any case; `flags` are those on its ticket."""
    reasons = []
    if tier == T.MANAGER:
        reasons.append(CalibrationReason.TIER3)
    if not CALIBRATED_FLAGS.isdisjoint(flags):
        reasons.append(CalibrationReason.FLAGGED)
    if COMPLAINT_FLAG in flags:
        reasons.append(CalibrationReason.COMPLAINT)
    return reasons
