"""The weekly look at decisions: queue, sample, blind verdicts, coaching, close (domain.md section 8, 074-077)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import Role, Scope
from accounts.models import Agent
from core.actors import TIMER
from core.errors import Invalid, StaleVersion
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tickets import guards
from tickets.calibration import (
    Week,
    coach_of,
    items_in_sight,
    newest_due_week,
    to_review,
    untold_version,
    with_blindness,
)
from tickets.errors import (
    AlreadyReviewed,
    ApprovalPending,
    CalibrationForbidden,
    CalibrationTransition,
    ItemsLeft,
    OwnDecision,
    TaskNotYours,
)
from tickets.models import CalibrationItem, CalibrationSession, CalibrationVerdict, Resolution, Task, Ticket
from tickets.sampling import draw, sample_size
from tickets.services import (
    approve_resolution,
    close_calibration,
    confirm_ticket,
    finish_task,
    generate_calibration,
    generate_due_calibrations,
    reject_resolution,
    resolve_ticket,
    review_item,
    withdraw_resolution,
)

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Week(2026, 10)
"""2 to 8 March 2026."""
WEDNESDAY = datetime(2026, 3, 4, 9, tzinfo=UTC)
MONDAY_SIX = datetime(2026, 3, 9, 5, tzinfo=UTC)
"""Six o'clock in Berlin, on the Monday after."""


class People:
    """A team with two leads' worth of reviewers: lead, supervisor and manager."""

    def __init__(self) -> None:
        self.lead: Agent = AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD])
        self.supervisor: Agent = AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR])
        self.manager: Agent = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
        self.team = TeamFactory(lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.owner: Agent = AgentFactory(name="Mara Weiss", teams=[self.team], primary_team=self.team, max_tickets=500)

    def granted(self, amount: str | None = None, **more: Any) -> Resolution:
        """On a ticket of its own; what needs approval is approved by the manager."""
        row = a_resolution(TicketFactory(team=self.team, owner=self.owner), amount, **more)
        return approve_resolution(row.pk, by=self.manager) if row.is_pending else row


@pytest.fixture
def people() -> Iterator[People]:
    """In the middle of the week."""
    with time_machine.travel(WEDNESDAY):
        yield People()


@pytest.fixture
def flags() -> Iterator[dict[UUID, set[str]]]:
    """Put flags on tickets by writing them in here."""
    found: dict[UUID, set[str]] = {}
    guards.flag_sources.append(lambda ids: {pk: found[pk] for pk in ids if pk in found})
    yield found
    guards.flag_sources.pop()


def generated(week: Week = WEEK, *, at: datetime = MONDAY_SIX) -> CalibrationSession:
    with time_machine.travel(at):
        return generate_calibration(*week, by=TIMER)


def reasons_in(session: CalibrationSession) -> list[list[str]]:
    return sorted(session.items.values_list("reasons", flat=True))


def an_item(people: People, **more: Any) -> CalibrationItem:
    """A decided resolution in the week's queue, seen on Monday."""
    row = people.granted("600.00", **more)
    session = generated()
    found: CalibrationItem = session.items.get(resolution=row)
    return found


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


@pytest.mark.parametrize("outcome", ["upheld", "revised", "coaching_needed"])
def test_076_an_outcome_lands_on_the_resolution_and_takes_nothing_back(people: People, outcome: str) -> None:
    item = an_item(people)
    with time_machine.travel(MONDAY_SIX):
        review_item(item.pk, by=people.lead, outcome=outcome, notes=" Looked at twice. ")
    item.refresh_from_db()
    row = Resolution.objects.get(pk=item.resolution_id)
    assert (item.status, item.outcome, item.reviewer, item.reviewer_notes) == (
        "reviewed",
        outcome,
        people.lead,
        "Looked at twice.",
    )
    assert (row.calibration_status, row.approval_status, row.amount) == (outcome, "approved", Decimal("600.00"))
    assert row.history.first().actor_name == "Lea Brandt"
    assert list(item.session.participants.all()) == [people.lead]


@pytest.mark.parametrize(
    ("outcome", "notes", "field"), [("", "Fine.", "outcome"), ("pending", "Fine.", "outcome"), ("upheld", " ", "notes")]
)
def test_076_outcome_and_notes_are_required(people: People, outcome: str, notes: str, field: str) -> None:
    item = an_item(people)
    with pytest.raises(Invalid) as refusal:
        review_item(item.pk, by=people.lead, outcome=outcome, notes=notes)
    assert list(refusal.value.fields) == [field]
    assert not CalibrationVerdict.objects.exists()


def test_076_neither_author_nor_approver_reviews(people: People) -> None:
    item = an_item(people)
    for by, error in (
        (people.manager, OwnDecision),
        (people.owner, CalibrationForbidden),
        (AgentFactory(roles=[Role.TEAM_LEAD]), CalibrationForbidden),
        (AgentFactory(roles=[Role.AUDITOR]), CalibrationForbidden),
        (AgentFactory(roles=[Role.ADMIN]), CalibrationForbidden),
    ):
        with pytest.raises(error):
            review_item(item.pk, by=by, outcome="upheld", notes="Fine.")
    refused = a_resolution(TicketFactory(team=people.team, owner=people.owner), "600.00")
    reject_resolution(refused.pk, by=people.manager, reason="No")
    generated()
    with pytest.raises(OwnDecision):
        review_item(refused.calibration_items.get().pk, by=people.manager, outcome="upheld", notes="Fine.")
    with pytest.raises(IntegrityError, match="self_review"), transaction.atomic():
        CalibrationVerdict.objects.create(item=item, reviewer=people.manager, outcome="upheld", notes="Fine.")


def test_076_what_nobody_has_decided_yet_is_not_reviewed(people: People) -> None:
    """Whoever reviewed it could be its approver tomorrow."""
    row = a_resolution(TicketFactory(team=people.team, owner=people.owner), "600.00")
    item = generated().items.get()
    with pytest.raises(ApprovalPending):
        review_item(item.pk, by=people.lead, outcome="upheld", notes="Fine.")
    assert not to_review(people.lead).exists()
    approve_resolution(row.pk, by=people.manager)
    assert [found.pk for found in to_review(people.lead)] == [item.pk]


def test_who_owns_or_covers_the_ticket_by_now_is_not_asked(people: People) -> None:
    item = an_item(people)
    AbsenceFactory(agent=people.owner, deputy=people.lead)
    lead = Agent.objects.get(pk=people.lead.pk)
    assert (list(to_review(lead)), [found.pk for found in to_review(people.supervisor)]) == ([], [item.pk])
    with pytest.raises(OwnDecision):
        review_item(item.pk, by=lead, outcome="upheld", notes="Fine.")


def test_an_old_version_is_refused_and_tells_nothing_of_other_verdicts(people: People) -> None:
    item = an_item(people)
    seen = items_in_sight(people.supervisor).get()
    review_item(item.pk, by=people.lead, outcome="revised", notes="Too much.")
    with pytest.raises(StaleVersion) as refusal:
        review_item(item.pk, by=people.supervisor, outcome="upheld", notes="Fine.", version=7)
    assert refusal.value.facts["current"] == seen.version == untold_version(items_in_sight(people.supervisor).get())
    review_item(item.pk, by=people.supervisor, outcome="upheld", notes="Fine.", version=seen.version)


def test_a_review_is_blind_until_ones_own_verdict_or_the_close(people: People) -> None:
    item = an_item(people)

    def blind(agent: Agent) -> tuple[bool, bool]:
        fresh = Agent.objects.get(pk=agent.pk)
        row = with_blindness(Resolution.objects.filter(pk=item.resolution_id), fresh).get()
        return items_in_sight(fresh).get().is_blind, row.is_blind  # type: ignore[attr-defined]  # annotated

    assert blind(people.supervisor) == (False, False)
    review_item(item.pk, by=people.lead, outcome="revised", notes="Too much.")
    auditor = AgentFactory(roles=[Role.AUDITOR])
    assert {agent.name: blind(agent) for agent in (people.lead, people.supervisor, people.manager)} == {
        "Lea Brandt": (False, False),
        "Sam Okafor": (True, True),
        "Max Ott": (False, False),
    }
    assert blind(auditor) == (False, False)
    review_item(item.pk, by=people.supervisor, outcome="upheld", notes="All right.")
    assert blind(people.supervisor) == (False, False)
    item.refresh_from_db()
    assert (item.outcome, item.reviewer) == ("revised", people.lead)
    with pytest.raises(AlreadyReviewed):
        review_item(item.pk, by=people.lead, outcome="upheld", notes="After all.")
    assert list(item.verdicts.values_list("outcome", flat=True)) == ["revised", "upheld"]


def test_the_close_opens_what_was_blind(people: People) -> None:
    item = an_item(people)
    review_item(item.pk, by=people.lead, outcome="revised", notes="Too much.")
    assert items_in_sight(people.supervisor).get().is_blind
    close_calibration(item.session_id, by=people.manager)
    assert not items_in_sight(people.supervisor).get().is_blind
    with pytest.raises(CalibrationTransition):
        review_item(item.pk, by=people.supervisor, outcome="upheld", notes="Fine.")


def coached(people: People, item: CalibrationItem) -> Task:
    """The task of an item, after its week is closed."""
    review_item(item.pk, by=people.supervisor, outcome="coaching_needed", notes="Promised before it was approved.")
    close_calibration(item.session_id, by=people.manager)
    return Task.objects.get()


def test_077_coaching_gives_the_agents_lead_a_task_also_on_a_closed_ticket(people: People) -> None:
    item = an_item(people)
    ticket = Ticket.objects.get(pk=item.resolution.ticket_id)
    resolve_ticket(ticket.pk, by=people.owner, code="compensated", note="Done.")
    confirm_ticket(ticket.pk, by=people.owner)
    lines = ticket.entries.count()
    review_item(item.pk, by=people.lead, outcome="coaching_needed", notes="Promised before it was approved.")
    assert not Task.objects.exists()  # it would tell the verdict to who has still to give theirs
    review_item(item.pk, by=people.supervisor, outcome="upheld", notes="I see nothing.")
    close_calibration(item.session_id, by=people.manager)
    task = Task.objects.get()
    assert (task.ticket, task.assigned_to, task.is_mandatory, task.is_hidden) == (ticket, people.lead, False, True)
    assert task.title == "Calibration 2026-W10: a talk about a decision"
    assert task.description == "With Mara Weiss. What was found stands in the calibration."
    item.refresh_from_db()
    assert (item.coaching_task, ticket.entries.count()) == (task, lines)
    with pytest.raises(TaskNotYours):
        finish_task(task.pk, by=people.owner)  # who owns the ticket, and is the one to be talked with
    finish_task(task.pk, by=people.lead)
    task.refresh_from_db()
    assert (task.status, ticket.entries.count()) == ("done", lines)


def test_077_a_task_of_coaching_is_for_those_in_charge_of_the_team(people: People) -> None:
    task = coached(people, an_item(people))
    colleague, auditor = AgentFactory(teams=[people.team]), AgentFactory(roles=[Role.AUDITOR])
    elsewhere = AgentFactory(roles=[Role.TEAM_LEAD])
    seen = {
        agent: Task.objects.shown_to(Agent.objects.get(pk=agent.pk)).filter(pk=task.pk).exists()
        for agent in (people.lead, people.supervisor, people.manager, auditor, people.owner, colleague, elsewhere)
    }
    assert list(seen.values()) == [True, True, True, True, False, False, False]
    assert not Task.objects.shown_to(ApiClientFactory(scopes=list(Scope), teams=[people.team])).exists()


def test_077_a_lead_is_not_coached_by_themselves(people: People) -> None:
    people.lead.roles = [Role.TEAM_LEAD, Role.AGENT]
    people.lead.save()
    row = a_resolution(TicketFactory(team=people.team, owner=people.lead), "600.00")
    approve_resolution(row.pk, by=people.manager)
    task = coached(people, generated().items.get())
    assert task.assigned_to == people.supervisor
    assert not Task.objects.shown_to(Agent.objects.get(pk=people.lead.pk)).exists()


def test_077_the_task_goes_to_nobody_who_may_not_read_what_was_found(people: People) -> None:
    """Not to the lead of the agent's own team, if the ticket is another team's; nor to a team."""
    own = TeamFactory(lead=AgentFactory(roles=[Role.TEAM_LEAD]))
    Agent.objects.filter(pk=people.owner.pk).update(primary_team=own)
    assert coached(people, an_item(people)).assigned_to == people.lead


def test_077_without_a_lead_the_manager_above_talks_with_the_agent_else_the_reviewer(people: People) -> None:
    above = AgentFactory(name="Vera Top", roles=[Role.MANAGER])
    item = an_item(people)
    people.team.lead = people.team.manager = None
    people.team.save()
    review_item(item.pk, by=people.supervisor, outcome="coaching_needed", notes="Talk about it.")
    item = CalibrationItem.objects.get()
    assert coach_of(item) == people.supervisor
    people.team.supervisor, people.team.parent = None, TeamFactory(manager=above)
    people.team.save()
    assert coach_of(CalibrationItem.objects.get()) == above
    people.team.parent = None
    people.team.save()
    assert coach_of(CalibrationItem.objects.get()) is None


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


def test_each_sees_the_items_of_their_teams(people: People) -> None:
    item = an_item(people)
    seen = {
        agent.name: list(items_in_sight(agent).values_list("pk", flat=True)) for agent in (people.lead, people.owner)
    }
    assert seen == {"Lea Brandt": [item.pk], "Mara Weiss": []}
    other = AgentFactory(roles=[Role.MANAGER])
    assert not items_in_sight(other).exists()
    assert items_in_sight(AgentFactory(roles=[Role.AUDITOR])).count() == 1


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


def test_an_item_that_does_not_exist_is_none() -> None:
    with pytest.raises(CalibrationItem.DoesNotExist):
        review_item(uuid4(), by=AgentFactory(), outcome="upheld", notes="Fine.")
