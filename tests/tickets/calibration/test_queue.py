"""What is looked at each week: all of some kinds and a sample of the rest (domain.md section 8, 074, 075)."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Agent
from core.actors import TIMER
from tests.concurrency import in_parallel
from tests.factories import TicketFactory
from tests.factories.resolutions import a_resolution
from tests.tickets.calibration.conftest import (
    BERLIN,
    MONDAY_SIX,
    WEDNESDAY,
    WEEK,
    People,
    an_item,
    generated,
    reasons_in,
)
from tickets.models import CalibrationItem, CalibrationSession, Resolution, Task
from tickets.sampling import draw, sample_size
from tickets.services import close_calibration, generate_calibration, review_item, withdraw_resolution

pytestmark = pytest.mark.django_db


def test_074_the_queue_has_all_third_tier_flagged_and_a_sample_of_the_rest(
    people: People, flags: dict[UUID, set[str]]
) -> None:
    for _number in range(3):
        people.granted("600.00")
    for flag in ("legal", "social_media"):
        ticket = TicketFactory(team=people.team, owner=people.owner)
        flags[ticket.pk] = {flag}
        a_resolution(ticket, "10.00")
    for number in range(30):
        people.granted("10.00" if number % 3 else "150.00")
    session = generated()
    assert reasons_in(session) == [["flagged"]] * 2 + [["random_sample"]] * 2 + [["tier3"]] * 3
    before = list(session.items.order_by("pk").values_list("pk", "reasons"))
    again = generated(at=MONDAY_SIX + timedelta(days=1))
    assert (again.pk, list(again.items.order_by("pk").values_list("pk", "reasons"))) == (session.pk, before)
    assert Resolution.objects.filter(calibration_status="pending").count() == 7
    rest = Resolution.objects.exclude(calibration_items__reasons__overlap=["tier3", "flagged"])
    drawn = draw(set(rest.values_list("pk", flat=True)), pct=Decimal("5.0"), seed=session.sample_seed)
    sampled = session.items.filter(reasons=["random_sample"]).values_list("resolution_id", flat=True)
    assert set(sampled) == drawn


def test_075_of_four_exactly_one_is_sampled_and_of_none_none(people: People) -> None:
    for _number in range(4):
        people.granted("10.00")
    assert reasons_in(generated()) == [["random_sample"]]
    empty = generated(WEEK.next, at=MONDAY_SIX + timedelta(days=7))
    assert (reasons_in(empty), empty.status) == ([], "open")


@given(st.integers(0, 5000))
def test_075_a_sample_is_rounded_up(count: int) -> None:
    size = sample_size(count, Decimal("5.0"))
    assert count <= size * 20 < count + 20


@given(st.sets(st.uuids(), max_size=60), st.text(max_size=20))
def test_074_a_sample_can_be_drawn_again_from_its_seed(ids: set[UUID], seed: str) -> None:
    one = draw(ids, pct=Decimal("5.0"), seed=seed)
    assert one == draw(sorted(ids, reverse=True), pct=Decimal("5.0"), seed=seed)
    assert (len(one), one <= ids) == (sample_size(len(ids), Decimal("5.0")), True)


def test_074_complaints_and_flags_of_later_come_in_without_a_new_sample(
    people: People, flags: dict[UUID, set[str]]
) -> None:
    rows = [people.granted("10.00") for _number in range(8)]
    session = generated()
    [sampled] = session.items.all()
    later = next(row for row in rows if row.pk != sampled.resolution_id)
    flags[later.ticket_id] = {"complaint"}
    generated(at=MONDAY_SIX + timedelta(hours=3))
    assert reasons_in(session) == [["complaint"], ["random_sample"]]


def test_074_a_flag_that_was_cleared_before_monday_still_counts(people: People, flags: dict[UUID, set[str]]) -> None:
    ticket = TicketFactory(team=people.team, owner=people.owner)
    flags[ticket.pk] = {"physical_damage", "complaint"}
    a_resolution(ticket, "10.00")
    flags.clear()
    assert reasons_in(generated()) == [["flagged", "complaint"]]


def test_074_only_its_own_week_by_the_desks_clock_and_nothing_withdrawn(people: People) -> None:
    moments = (
        datetime(2026, 3, 2, 0, 0, 0, tzinfo=BERLIN) - timedelta(seconds=1),
        datetime(2026, 3, 2, 0, 0, 0, tzinfo=BERLIN),
        datetime(2026, 3, 9, 0, 0, 0, tzinfo=BERLIN) - timedelta(seconds=1),
        datetime(2026, 3, 9, 0, 0, 0, tzinfo=BERLIN),
    )
    rows = []
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            rows.append(people.granted("600.00"))
    asked = a_resolution(TicketFactory(team=people.team, owner=people.owner), "700.00")
    withdraw_resolution(asked.pk, by=people.owner)
    session = generated()
    assert set(session.items.values_list("resolution_id", flat=True)) == {rows[1].pk, rows[2].pk}


def test_what_waits_in_the_queue_learns_later_reasons(people: People, flags: dict[UUID, set[str]]) -> None:
    item, reviewed = an_item(people), an_item(people)
    reviewed = CalibrationItem.objects.exclude(pk=item.pk).get()
    review_item(reviewed.pk, by=people.lead, outcome="upheld", notes="Fine.")
    flags |= {row.resolution.ticket_id: {"complaint", "legal"} for row in (item, reviewed)}
    session = generated(at=MONDAY_SIX + timedelta(hours=3))
    assert session.items.get(pk=item.pk).reasons == ["tier3", "flagged", "complaint"]
    assert session.items.get(pk=reviewed.pk).reasons == ["tier3"]


def test_what_is_withdrawn_while_in_the_queue_stays_there(people: People) -> None:
    row = a_resolution(TicketFactory(team=people.team, owner=people.owner), "600.00")
    generated()
    withdraw_resolution(row.pk, by=people.owner)
    row.refresh_from_db()
    assert row.calibration_status == "pending"
    review_item(row.calibration_items.get().pk, by=people.lead, outcome="upheld", notes="Rightly withdrawn.")
    row.refresh_from_db()
    assert row.calibration_status == "upheld"


@pytest.mark.django_db(transaction=True)
def test_074_two_that_generate_at_once_make_one_queue_and_two_verdicts_one_outcome() -> None:
    with time_machine.travel(WEDNESDAY):
        people = People()
        for amount in ("600.00", *["10.00"] * 4):
            people.granted(amount)
    with time_machine.travel(MONDAY_SIX):
        sessions = in_parallel(*[lambda: generate_calibration(*WEEK, by=TIMER)] * 2)
    assert {session.pk for session in sessions} == {CalibrationSession.objects.get().pk}
    assert reasons_in(sessions[0]) == [["random_sample"], ["tier3"]]
    item = CalibrationItem.objects.get(reasons=["tier3"])
    by = [Agent.objects.get(pk=agent.pk) for agent in (people.lead, people.supervisor)]
    outcomes = in_parallel(
        lambda: review_item(item.pk, by=by[0], outcome="upheld", notes="Fine."),
        lambda: review_item(item.pk, by=by[1], outcome="coaching_needed", notes="Hm."),
    )
    assert [type(outcome).__name__ for outcome in outcomes] == ["CalibrationItem"] * 2
    item.refresh_from_db()
    first = item.verdicts.first()
    assert (item.verdicts.count(), item.outcome) == (2, first.outcome if first else "")
    close_calibration(item.session_id, by=people.manager, carry_over=True)
    assert Task.objects.count() == (1 if item.outcome == "coaching_needed" else 0)
