"""The arithmetic of the priority score, against the examples of the specification and a slow walk minute by minute."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime import Window, WorkCalendar
from sla.scores.scoring import HIGHEST_COMPUTED, USUAL, Deadline, Facts, Override, Pending, rank
from tests.sla.oracle import MINUTE, Week

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
"""A Wednesday, 11:00 in Berlin."""
OPEN_HOURS = tuple(((480, 1080),) if weekday < 5 else () for weekday in range(7))
WEEK = Week("Europe/Berlin", OPEN_HOURS)
CALENDAR = WorkCalendar(
    zone="Europe/Berlin",
    weekly=tuple((Window(480, 1080),) if weekday < 5 else () for weekday in range(7)),
)
INSTANT = timedelta(microseconds=1)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def due_in(left: int, **values: Any) -> tuple[Deadline, ...]:
    """Within the same day."""
    return (Deadline(NOW + minutes(left), CALENDAR, **values),)


def score(**values: Any) -> str:
    return str(rank(Facts(**{"priority": "medium", **values}), USUAL, NOW).score)


def test_107_a_vip_due_in_three_hours_ranks_above_a_plain_high() -> None:
    vip = rank(Facts(priority="medium", tier="vip", deadlines=due_in(180)), USUAL, NOW)
    assert (str(vip.score), score(priority="high")) == ("120.00", "70.00")
    assert vip.breakdown == {
        "base": "40.00",
        "sla": "2.0",
        "customer": "1.5",
        "escalation": "1.0",
        "no_response": "1.0",
        "reopened": "1.0",
        "flag": "1.0",
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "40.00"),
        ({"deadlines": due_in(59)}, "120.00"),
        ({"deadlines": due_in(239)}, "80.00"),
        ({"deadlines": (Deadline(NOW + timedelta(days=2), CALENDAR),)}, "60.00"),
        ({"tier": "vip"}, "60.00"),
        ({"flags": ["vip"]}, "60.00"),
        ({"tier": "premium"}, "48.00"),
        ({"pending": (Pending(NOW - minutes(121), CALENDAR),)}, "52.00"),
        ({"unanswered_since": NOW - timedelta(hours=24) - INSTANT}, "48.00"),
        ({"reopen_count": 1}, "56.00"),
        ({"flags": ["repeat_contact"]}, "52.00"),
        ({"flags": ["repeat_contact", "legal"]}, "60.00"),
        ({"tier": "vip", "flags": ["vip", "social_media"]}, "90.00"),
    ],
)
def test_108_each_factor_alone_on_a_medium_ticket(values: dict[str, Any], expected: str) -> None:
    assert score(**values) == expected


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        ({"deadlines": due_in(240)}, "1.5"),
        ({"deadlines": (Deadline(NOW + minutes(240) - INSTANT, CALENDAR),)}, "2.0"),
        ({"deadlines": due_in(60)}, "2.0"),
        ({"deadlines": (Deadline(NOW - minutes(1), CALENDAR),)}, "3.0"),
        ({"deadlines": due_in(400, missed_at=NOW)}, "3.0"),
        ({"deadlines": ()}, "1.0"),
        ({"deadlines": (*due_in(300), *due_in(100))}, "2.0"),
        ({"deadlines": due_in(10), "is_open": False}, "1.0"),
    ],
    ids=["exactly 240", "less", "exactly 60", "due", "missed", "none runs", "the nearest", "over"],
)
def test_109_bounds_are_strict(values: dict[str, Any], factor: str) -> None:
    assert rank(Facts(priority="medium", **values), USUAL, NOW).breakdown["sla"] == factor


def test_109_exactly_120_minutes_or_24_hours_are_not_longer() -> None:
    facts = Facts(
        priority="medium",
        pending=(Pending(NOW - minutes(120), CALENDAR),),
        unanswered_since=NOW - timedelta(hours=24),
    )
    at, after = rank(facts, USUAL, NOW), rank(facts, USUAL, NOW + INSTANT)
    assert (str(at.score), at.next_change_at) == ("40.00", NOW)
    assert (str(after.score), after.next_change_at) == ("62.40", None)


def test_a_persons_word_counts_until_its_moment_and_shows_what_it_replaces() -> None:
    facts = Facts(priority="high", override=Override(Decimal(250), NOW))
    said = rank(facts, USUAL, NOW)
    assert (str(said.score), said.breakdown["computed"], said.breakdown["override"]) == ("250.00", "70.00", "250.00")
    after = rank(facts, USUAL, NOW + INSTANT)
    assert (str(after.score), "override" in after.breakdown, said.next_change_at) == ("70.00", False, NOW)


# Against the words of the specification, minute by minute.


def left(due_at: datetime, at: datetime) -> int:
    """Open minutes until it is due; nothing once it has passed."""
    count = 0
    while at < due_at:
        count += WEEK.is_open(at)
        at += MINUTE
    return count


def oracle(facts: Facts, at: datetime) -> Decimal:
    result = {"critical": 100, "high": 70, "medium": 40, "low": 10}[facts.priority] * Decimal(1)
    nearest = min((0 if each.missed_at else left(each.due_at, at) for each in facts.deadlines), default=10**6)
    if facts.is_open:
        result *= Decimal("3" if nearest < 60 else "2" if nearest < 240 else "1.5" if nearest < 1440 else "1")
        waited = max((left(at, each.since) for each in facts.pending), default=0)
        result *= Decimal("1.3" if waited > 120 else "1")
        asked = facts.unanswered_since
        result *= Decimal("1.2" if asked is not None and at - asked > timedelta(hours=24) else "1")
    is_vip = facts.tier == "vip" or "vip" in facts.flags
    result *= Decimal("1.5" if is_vip else "1.2" if facts.tier == "premium" else "1")
    result *= Decimal("1.4" if facts.reopen_count else "1")
    if {"social_media", "legal"} & set(facts.flags):
        result *= Decimal("1.5")
    elif "repeat_contact" in facts.flags:
        result *= Decimal("1.3")
    return result.quantize(Decimal("0.01"), "ROUND_HALF_UP")


@st.composite
def moments(draw: Any, days: int = 4) -> datetime:
    return NOW + minutes(draw(st.integers(-days * 1440, days * 1440)))


def past() -> st.SearchStrategy[datetime]:
    return moments(2).filter(lambda at: at <= NOW)


@st.composite
def cases(draw: Any) -> Facts:
    return Facts(
        priority=draw(st.sampled_from(["critical", "high", "medium", "low"])),
        tier=draw(st.sampled_from(["standard", "premium", "vip"])),
        flags=draw(st.lists(st.sampled_from(["vip", "legal", "social_media", "repeat_contact", "complaint"]))),
        reopen_count=draw(st.integers(0, 2)),
        is_open=draw(st.sampled_from([True, True, False])),
        deadlines=tuple(
            Deadline(at, CALENDAR, missed_at)
            for at, missed_at in draw(st.lists(st.tuples(moments(), st.sampled_from([None, None, NOW])), max_size=3))
        ),
        pending=tuple(
            Pending(at, CALENDAR) for at in draw(st.lists(moments(2).filter(lambda at: at <= NOW), max_size=2))
        ),
        unanswered_since=draw(st.none() | moments(2).filter(lambda at: at <= NOW)),
    )


@given(cases())
@settings(max_examples=60, deadline=None)
def test_the_score_is_that_of_a_walk_minute_by_minute(facts: Facts) -> None:
    assert rank(facts, USUAL, NOW).score == oracle(facts, NOW)


@given(cases(), st.integers(0, 3 * 1440))
@settings(max_examples=150, deadline=None)
def test_until_the_next_change_the_score_stays_and_after_it_the_sweep_goes_on(facts: Facts, later: int) -> None:
    now = rank(facts, USUAL, NOW)
    at = NOW + minutes(later)
    if now.next_change_at is None or at <= now.next_change_at:
        assert rank(facts, USUAL, at) == now
    if now.next_change_at is not None:
        after = rank(facts, USUAL, now.next_change_at + INSTANT)
        assert after.next_change_at is None or after.next_change_at > now.next_change_at


def test_112_less_than_an_hour_is_told_from_the_nearest_promise() -> None:
    assert rank(Facts(priority="medium", deadlines=(*due_in(90), *due_in(300))), USUAL, NOW).urgent_at == NOW + minutes(
        30
    )
    missed = due_in(400, missed_at=NOW - minutes(3))
    assert rank(Facts(priority="medium", deadlines=missed), USUAL, NOW).urgent_at == NOW - minutes(3)
    assert rank(Facts(priority="medium"), USUAL, NOW).urgent_at is None


def test_a_weekend_does_not_bring_it_nearer() -> None:
    friday = datetime(2026, 3, 6, 16, tzinfo=UTC)  # 17:00 in Berlin
    facts = Facts(priority="medium", deadlines=(Deadline(friday + timedelta(days=3), CALENDAR),))
    monday = datetime.combine(date(2026, 3, 9), friday.timetz())
    assert rank(facts, USUAL, friday).breakdown["sla"] == "1.5", "ten open hours"
    assert rank(facts, USUAL, friday).next_change_at == monday - minutes(240)
    assert rank(facts, USUAL, monday - minutes(240)).breakdown["sla"] == "1.5"
    assert rank(facts, USUAL, monday - minutes(239)).breakdown["sla"] == "2.0"


def test_a_score_never_exceeds_what_a_ticket_holds() -> None:
    values = {code: Decimal(1000) for code in USUAL}
    facts = Facts(priority="critical", tier="vip", reopen_count=1, deadlines=due_in(10), flags=["legal"])
    assert rank(facts, values, NOW).score == HIGHEST_COMPUTED
