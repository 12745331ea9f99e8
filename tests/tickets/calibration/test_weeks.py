"""When a week is generated and closed, by whom, and what goes on to the next (domain.md section 8)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.enums import Role
from core.actors import TIMER
from core.errors import Invalid
from tests.factories import AgentFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tests.tickets.calibration.conftest import BERLIN, MONDAY_SIX, WEEK, People, an_item, generated
from tickets.calibration import Week, newest_due_week
from tickets.models import CalibrationSession
from tickets.resolution_errors import CalibrationForbidden, CalibrationTransition, ItemsLeft
from tickets.services import close_calibration, generate_calibration, generate_due_calibrations, review_item

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 9, 5, 59, 59, tzinfo=BERLIN), (2026, 9)),
        (datetime(2026, 3, 9, 6, 0, tzinfo=BERLIN), (2026, 10)),
        (datetime(2026, 3, 15, 23, 59, tzinfo=BERLIN), (2026, 10)),
        (datetime(2027, 1, 4, 6, 0, tzinfo=BERLIN), (2026, 53)),
        (datetime(2026, 3, 30, 6, 0, tzinfo=BERLIN), (2026, 13)),
    ],
)
def test_a_week_is_due_on_monday_at_six(moment: datetime, expected: tuple[int, int]) -> None:
    assert newest_due_week(moment, BERLIN) == expected


def test_the_timer_generates_each_week_once_and_makes_up_for_what_it_missed(people: People) -> None:
    def run(moment: datetime) -> list[str]:
        with time_machine.travel(moment, tick=False):
            while generate_due_calibrations(now=moment):
                pass
        return [str(session) for session in CalibrationSession.objects.order_by("iso_year", "iso_week")]

    assert run(MONDAY_SIX) == ["2026-W10"]
    assert run(MONDAY_SIX + timedelta(days=6)) == ["2026-W10"]
    assert run(MONDAY_SIX + timedelta(days=21)) == ["2026-W10", "2026-W11", "2026-W12", "2026-W13"]
    assert CalibrationSession.objects.first().history.first().actor_name == TIMER.audit_name


def test_the_timer_makes_up_for_weeks_before_one_that_was_made_by_hand(people: People) -> None:
    generated(Week(2026, 8), at=datetime(2026, 2, 23, 6, tzinfo=UTC))
    generated(Week(2026, 11), at=MONDAY_SIX + timedelta(days=7))
    with time_machine.travel(MONDAY_SIX + timedelta(days=7)):
        made = [generate_due_calibrations(now=MONDAY_SIX + timedelta(days=7)) for _run in range(3)]
    assert made == [1, 1, 0]
    assert [str(row) for row in CalibrationSession.objects.order_by("iso_week")] == [
        f"2026-W{week:02}" for week in (8, 9, 10, 11)
    ]
    generated(Week(2026, 2), at=MONDAY_SIX + timedelta(days=8))  # out of curiosity: from before the beginning
    assert generate_due_calibrations(now=MONDAY_SIX + timedelta(days=8)) == 0


def test_only_managers_generate_and_close_and_only_weeks_that_are_over(people: People) -> None:
    for by in (people.lead, people.supervisor, people.owner, AgentFactory(roles=[Role.ADMIN])):
        with pytest.raises(CalibrationForbidden):
            generate_calibration(2026, 9, by=by)
    for week in ((2026, 10), (2026, 54), (2026, 0), (2027, 53), (1999, 3), (9999, 52), (1, 1)):
        with pytest.raises(Invalid):
            generate_calibration(*week, by=people.manager)
    session = generate_calibration(2026, 9, by=people.manager)
    for by in (people.lead, people.supervisor):
        with pytest.raises(CalibrationForbidden):
            close_calibration(session.pk, by=by)
    close_calibration(session.pk, by=people.manager)
    session.refresh_from_db()
    assert (session.status, str(session.held_on), list(session.participants.all())) == (
        "closed",
        "2026-03-04",
        [people.manager],
    )
    with pytest.raises(CalibrationTransition):
        close_calibration(session.pk, by=people.manager)


def test_a_week_closes_when_all_is_reviewed_or_carried_over(people: People) -> None:
    item = an_item(people)
    left = a_resolution(TicketFactory(team=people.team, owner=people.owner), "700.00")
    session = generated()
    review_item(item.pk, by=people.lead, outcome="upheld", notes="Fine.")
    with pytest.raises(ItemsLeft):
        close_calibration(session.pk, by=people.manager)
    close_calibration(session.pk, by=people.manager, carry_over=True)
    following = generated(WEEK.next, at=MONDAY_SIX + timedelta(days=7))
    carried = following.items.get()
    assert (carried.resolution_id, carried.reasons, carried.status) == (left.pk, ["tier3"], "pending")
    assert session.items.get(resolution=left).carried_over_at is not None
    close_calibration(following.pk, by=people.manager, carry_over=True)
    assert generated(WEEK.next.next, at=MONDAY_SIX + timedelta(days=14)).items.get().resolution_id == left.pk


def test_what_is_left_goes_to_a_later_week_that_is_open_already(people: People) -> None:
    item = an_item(people)
    following = generated(WEEK.next, at=MONDAY_SIX + timedelta(days=7))
    close_calibration(item.session_id, by=people.manager, carry_over=True)
    assert following.items.get().resolution_id == item.resolution_id
    generated(WEEK.next, at=MONDAY_SIX + timedelta(days=8))
    assert following.items.count() == 1


def test_what_is_left_never_goes_to_an_earlier_week(people: People) -> None:
    item = an_item(people)
    close_calibration(item.session_id, by=people.manager, carry_over=True)
    earlier = generated(Week(2026, 9), at=MONDAY_SIX + timedelta(days=1))
    assert not earlier.items.exists()
    following = generated(WEEK.next, at=MONDAY_SIX + timedelta(days=7))
    assert following.items.get().resolution_id == item.resolution_id
