"""Who may grant what: exact edges, and that no order or cut of amounts gets round them (domain.md section 8)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.resolution_enums import EmpowermentTier, ResolutionType, WhyEligible
from tickets.tiers import MINIMUM, ORDER, USUAL, Limits, agent_limit, calibration_reasons, tier_for

D = Decimal
amounts = st.decimals(D("0.01"), D("2000.00"), places=2)
kinds, reasons = st.sampled_from(ResolutionType.values), st.sampled_from(WhyEligible.values)


def tier(amount: str | Decimal | None, **more: Any) -> str:
    given_: dict[str, Any] = {
        "before": D("0.00"),
        "kind": "credit",
        "reason": "goodwill",
        "limits": USUAL,
        "personal": D("100.00"),
        "is_vip": False,
    }
    return tier_for(None if amount is None else D(amount), **given_ | more).value


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0.01", "agent"),
        ("100.00", "agent"),
        ("100.01", "team_lead"),
        ("500.00", "team_lead"),
        ("500.01", "manager"),
        (None, "agent"),
    ],
)
def test_063_064_edges_belong_to_the_lower_tier(amount: str | None, expected: str) -> None:
    assert tier(amount) == expected


def test_066_kinds_and_reasons_have_a_lowest_tier() -> None:
    found = {kind: tier("20.00", kind=kind) for kind in ResolutionType.values}
    assert {kind: lowest for kind, lowest in found.items() if lowest != "agent"} == {
        "refund_partial": "team_lead",
        "refund_full": "manager",
    }
    by_reason = {reason: tier("20.00", reason=reason) for reason in WhyEligible.values}
    assert {why: lowest for why, lowest in by_reason.items() if lowest != "agent"} == {"policy_exception": "manager"}
    assert [
        tier(None, kind="refund_full"),
        tier(None, reason="policy_exception"),
        tier("600", kind="refund_partial"),
    ] == ["manager"] * 3


def test_067_072_073_total_vip_and_personal_limit() -> None:
    assert tier("50.00", before=D("80.00")) == "team_lead"
    assert [tier("200.00", is_vip=True), tier("200.01", is_vip=True)] == ["agent", "team_lead"]
    assert [tier("60.00", personal=D("60.00")), tier("61.00", personal=D("60.00"))] == ["agent", "team_lead"]
    assert tier("120.00", personal=D("60.00"), is_vip=True) == "agent"
    assert tier("100.01", personal=D("5000.00")) == "team_lead"


def test_a_currency_without_limits_is_the_managers() -> None:
    assert [tier("0.01", limits=None), tier(None, limits=None)] == ["manager", "agent"]


@given(amounts, amounts, kinds, reasons, st.booleans())
def test_more_never_needs_less(one: Decimal, other: Decimal, kind: str, reason: str, is_vip: bool) -> None:
    low, high = sorted([one, other])
    asked = [tier(amount, kind=kind, reason=reason, is_vip=is_vip) for amount in (None, low, high)]
    ranks = [ORDER.index(EmpowermentTier(name)) for name in asked]
    assert ranks == sorted(ranks)
    assert ranks[0] == max(ORDER.index(MINIMUM.get(name, ORDER[0])) for name in (kind, reason))


@given(st.lists(amounts, min_size=1, max_size=8), amounts, st.booleans())
def test_067_no_cut_of_an_amount_stays_below_a_limit(parts: list[Decimal], personal: Decimal, is_vip: bool) -> None:
    """What agents have granted alone in any order never adds up to more than their limit."""
    alone = D("0.00")
    for part in parts:
        if tier(part, before=alone, personal=personal, is_vip=is_vip) == "agent":
            alone += part
    assert alone <= agent_limit(USUAL, personal=personal, is_vip=is_vip)


@given(amounts, amounts, st.decimals(D("1.00"), D("9.00"), places=2))
def test_072_073_the_lower_limit_counts_times_the_factor(team: Decimal, personal: Decimal, factor: Decimal) -> None:
    limits = Limits(team, team + 1, factor)
    assert agent_limit(limits, personal=personal, is_vip=False) == min(team, personal)
    assert agent_limit(limits, personal=personal, is_vip=True) == min(team, personal) * factor


def test_calibration_asks_for_the_third_tier_flags_and_complaints() -> None:
    assert calibration_reasons("manager", set()) == ["tier3"]
    assert [calibration_reasons("agent", {flag}) for flag in ("physical_damage", "social_media", "legal")] == [
        ["flagged"]
    ] * 3
    assert calibration_reasons("team_lead", {"complaint", "legal"}) == ["flagged", "complaint"]
    assert calibration_reasons("team_lead", {"vip", "repeat_contact"}) == []
