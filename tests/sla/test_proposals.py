"""Managers propose what is promised, admins decide (permissions.md section 2, object rule 8)."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.enums import Role
from accounts.models import Agent, BusinessCalendar, Holiday
from accounts.services import save_calendar
from core.errors import Invalid, NotFound, StaleVersion
from core.events import deliver_due
from core.models import RefusedAct
from core.timers import run_all
from notifications.enums import EventType
from notifications.models import Notification
from notifications.wording import describe
from sla.alerts.models import AlertRule, MatrixWalk
from sla.errors import PromiseOutOfReach
from sla.models import CalendarEdition, SlaPolicy, TermsWalk
from sla.proposals.enums import ProposalAbout, ProposalStatus
from sla.proposals.errors import (
    DecisionForbidden,
    NotProposer,
    OwnProposal,
    ProposalOutdated,
    ProposalTransition,
    ProposingForbidden,
)
from sla.proposals.models import Proposal
from sla.proposals.services import (
    accept_proposal,
    decline_proposal,
    preview_decision,
    preview_proposal,
    propose,
    withdraw_proposal,
)
from sla.services import save_policy
from sla.services.book import current_book
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, default_calendar
from tests.sla.conftest import MONDAY_NINE, Desk, due_of, minutes, travel
from tickets.services import accept_ticket

pytestmark = pytest.mark.django_db
POLICY, CALENDAR, RULE = ProposalAbout.POLICY, ProposalAbout.CALENDAR, ProposalAbout.ALERT_RULE
QUICKER = {
    "resolution_minutes": 60,
    "time_to_value_minutes": 60,
    "first_response_minutes": 30,
    "next_response_minutes": 30,
}


@pytest.fixture
def manager(db: None) -> Agent:
    found: Agent = AgentFactory(name="Max", roles=[Role.MANAGER])
    return found


@pytest.fixture
def admin(db: None) -> Agent:
    found: Agent = AgentFactory(name="Ada", roles=[Role.ADMIN])
    return found


def medium() -> SlaPolicy:
    return SlaPolicy.objects.get(name="Medium")


def asked(manager: Agent, values: dict[str, Any] | None = None, **more: Any) -> Proposal:
    return propose(POLICY, medium().pk, values or QUICKER, by=manager, reason=more.pop("reason", "The board"), **more)


def at_night(calendar: BusinessCalendar) -> dict[str, Any]:
    return {"windows": [{"weekday": 0, "start_minute": 1320, "end_minute": 360}]}


def test_what_is_proposed_is_kept_with_what_it_was_and_changes_nothing(desk: Desk, manager: Agent) -> None:
    ticket = desk.ticket()
    before = (due_of(ticket), medium().version, medium().history.count(), CalendarEdition.objects.count())
    with travel(MONDAY_NINE + minutes(90)):
        proposal = asked(manager, QUICKER | {"name": "Medium", "order": medium().order})
    assert (proposal.status, proposal.title, proposal.seen_version) == ("pending", "Medium", medium().version)
    assert proposal.values == QUICKER, "what stays as it is is no part of it"
    assert proposal.former["resolution_minutes"] == 480
    assert proposal.effects == {"tickets": 1, "changed": 1, "missed": 1}
    assert (due_of(ticket), medium().version, medium().history.count(), CalendarEdition.objects.count()) == before
    history = proposal.history.get()
    assert (history.actor_name, history.history_change_reason) == ("Max", "The board")


def test_accepted_it_holds_as_if_the_admin_had_edited_it(desk: Desk, manager: Agent, admin: Agent) -> None:
    ticket = desk.ticket()
    proposal = asked(manager)
    with travel(MONDAY_NINE + minutes(5)):
        accepted = accept_proposal(proposal.pk, by=admin, note="Fine")
    assert (accepted.status, accepted.decided_by, accepted.note) == ("accepted", admin, "Fine")
    edit = medium().history.first()
    assert (edit.actor_name, edit.history_change_reason) == ("Ada", "The board (proposed by Max)")
    with travel(MONDAY_NINE + minutes(6)):
        assert run_all(now=MONDAY_NINE + minutes(6)).failed == []
    assert due_of(ticket) == MONDAY_NINE + minutes(60)


def test_a_new_policy_comes_into_being_once_it_is_accepted(manager: Agent, admin: Agent) -> None:
    values = {"name": "Gold", "kind": "sla", "priority": "high", "resolution_minutes": 90, "order": 5}
    proposal = propose(POLICY, None, values, by=manager, reason="A contract")
    assert (SlaPolicy.objects.filter(name="Gold").exists(), proposal.policy, proposal.former) == (False, None, {})
    accepted = accept_proposal(proposal.pk, by=admin)
    gold = SlaPolicy.objects.get(name="Gold")
    assert (accepted.policy, gold.resolution_minutes, gold.is_active, gold.order) == (gold, 90, True, 5)


def test_hours_and_holidays_of_a_calendar(desk: Desk, manager: Agent, admin: Agent) -> None:
    calendar = default_calendar()
    ticket = desk.ticket()
    kept = Holiday.objects.create(calendar=calendar, on=date(2026, 12, 24), name="Eve")
    first = calendar.windows.first()
    windows = [{"weekday": day, "start_minute": 480, "end_minute": 1080 if day == 0 else 1200} for day in range(5)]
    eve = {"on": "2026-12-24", "name": "Eve", "is_recurring": False, "start_minute": 480, "end_minute": 720}
    proposal = propose(CALENDAR, calendar.pk, {"windows": windows, "holidays": [eve]}, by=manager, reason="We stay")
    assert proposal.effects["changed"] == 1
    assert proposal.former["holidays"] == [eve | {"start_minute": None, "end_minute": None}]
    accept_proposal(proposal.pk, by=admin)
    assert [window.end_minute for window in calendar.windows.all()] == [1080, 1200, 1200, 1200, 1200]
    assert calendar.windows.first() == first, "what stays keeps its row"
    found = calendar.holidays.get()
    assert (found.pk, found.is_half_day, found.end_minute) == (kept.pk, True, 720)
    assert calendar.history.first().history_change_reason == "We stay (proposed by Max)"
    with travel(MONDAY_NINE + minutes(6)):
        assert run_all(now=MONDAY_NINE + minutes(6)).failed == []
    assert due_of(ticket) == MONDAY_NINE + minutes(480)


def test_a_cell_of_the_matrix(desk: Desk, manager: Agent, admin: Agent) -> None:
    with travel(MONDAY_NINE):
        accept_ticket(desk.ticket(priority="critical", owned=False).pk, by=desk.owner)
    rule = AlertRule.objects.get(priority="critical", condition="not_updated", level=2)
    with travel(MONDAY_NINE + minutes(5)):
        proposal = propose(RULE, rule.pk, {"threshold_minutes": 20}, by=manager, reason="Too late")
    assert proposal.effects == {"tickets": 1, "changed": 1, "missed": 0}
    assert not MatrixWalk.objects.exists()
    accept_proposal(proposal.pk, by=admin)
    rule.refresh_from_db()
    assert (rule.threshold_minutes, rule.recipients) == (20, ["tech", "supervisor"])
    assert MatrixWalk.objects.filter(priority="critical", condition="not_updated").exists()


@pytest.mark.parametrize(
    ("about", "values", "field"),
    [
        (POLICY, {"resolution_minutes": 30}, "first_response_minutes"),
        (POLICY, {"name": "High"}, "name"),
        (POLICY, {"company": "00000000-0000-4000-8000-000000000000"}, "company"),
        (POLICY, {"kind": "ola"}, "kind"),
        (POLICY, {"resolution_minutes": "soon"}, "resolution_minutes"),
        (POLICY, {"version": 7}, "version"),
        (POLICY, {}, "values"),
        (POLICY, {"resolution_minutes": 480}, "values"),
        (CALENDAR, {"windows": []}, "windows"),
        (CALENDAR, {"timezone": "Europe/Bielefeld"}, "timezone"),
        (RULE, {"threshold_minutes": 1}, "threshold_minutes"),
        (RULE, {"recipients": []}, "recipients"),
    ],
    ids=str,
)
def test_nonsense_is_refused_when_it_is_proposed(
    manager: Agent, about: str, values: dict[str, Any], field: str
) -> None:
    rule = AlertRule.objects.get(priority="medium", condition="not_updated", level=2)
    targets = {POLICY: medium().pk, CALENDAR: default_calendar().pk, RULE: rule.pk}
    for act in (
        lambda: propose(about, targets[ProposalAbout(about)], values, by=manager, reason="The board"),
        lambda: preview_proposal(about, targets[ProposalAbout(about)], values, by=manager),
    ):
        with pytest.raises(Invalid) as refused:
            act()
        assert field in refused.value.fields
    assert not Proposal.objects.exists()


def test_a_reason_is_asked_for_and_missing_things_are_not_found(manager: Agent) -> None:
    with pytest.raises(Invalid) as refused:
        asked(manager, reason=" ")
    assert list(refused.value.fields) == ["reason"]
    for about, target, values in (
        (POLICY, uuid4(), {"name": "Gold"}),
        (CALENDAR, None, {"name": "Gold"}),
        (RULE, None, {"is_active": False}),
    ):
        with pytest.raises(NotFound):
            propose(about, target, values, by=manager, reason="The board")


def test_hours_that_no_promise_fits_into_are_refused_by_the_guard(manager: Agent) -> None:
    tiny = {"windows": [{"weekday": 0, "start_minute": 540, "end_minute": 541}]}
    SlaPolicy.objects.filter(name="Low").update(resolution_minutes=9000)
    with pytest.raises(PromiseOutOfReach):
        propose(CALENDAR, default_calendar().pk, tiny, by=manager, reason="The board")
    assert default_calendar().windows.count() == 5


def test_what_was_changed_meanwhile_is_not_accepted(manager: Agent, admin: Agent) -> None:
    proposals = [
        asked(manager),
        propose(CALENDAR, default_calendar().pk, at_night(default_calendar()), by=manager, reason="We move"),
    ]
    policy = medium()
    policy.order = 7
    save_policy(policy, by=admin, reason="Order")
    save_calendar(default_calendar().pk, by=admin, name="Hours of the house")
    for proposal in proposals:
        with pytest.raises(ProposalOutdated, match="has been changed since"):
            accept_proposal(proposal.pk, by=admin)
        with pytest.raises(ProposalOutdated):
            preview_decision(proposal, by=admin)
        proposal.refresh_from_db()
        assert proposal.is_pending
        decline_proposal(proposal.pk, by=admin, note="Propose it anew")
    assert (medium().resolution_minutes, default_calendar().windows.count()) == (480, 5)
    with pytest.raises(ProposalOutdated):
        asked(manager, version=policy.version - 1)


def test_what_became_nonsense_meanwhile_is_refused_when_it_is_accepted(manager: Agent, admin: Agent) -> None:
    first, second = (
        propose(POLICY, None, {"name": "Gold", "resolution_minutes": number}, by=manager, reason="A contract")
        for number in (90, 100)
    )
    accept_proposal(first.pk, by=admin)
    with pytest.raises(Invalid) as refused:
        accept_proposal(second.pk, by=admin)
    assert list(refused.value.fields) == ["name"]
    second.refresh_from_db()
    assert (second.status, SlaPolicy.objects.filter(name="Gold").count()) == ("pending", 1)


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_proposes_once() -> None:
    default_calendar()
    policy = SlaPolicy.objects.create(name="Silver", resolution_minutes=480)
    manager = AgentFactory(roles=[Role.MANAGER])

    def send() -> Proposal:
        return propose(POLICY, policy.pk, {"resolution_minutes": 60}, by=manager, reason="The board")

    outcomes = in_parallel(send, send)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Proposal", "ProposedAlready"]
    withdraw_proposal(Proposal.objects.get().pk, by=manager)
    assert send().is_pending


def test_of_two_proposals_about_one_thing_the_second_is_out_of_date(manager: Agent, admin: Agent) -> None:
    first, second = asked(manager), asked(manager, {"order": 3})
    accept_proposal(first.pk, by=admin)
    with pytest.raises(ProposalOutdated):
        accept_proposal(second.pk, by=admin)


@pytest.mark.parametrize("role", list(Role))
def test_managers_propose_and_admins_decide(manager: Agent, role: Role) -> None:
    person, proposal = AgentFactory(roles=[role]), asked(manager)
    if role != Role.MANAGER:
        with pytest.raises(ProposingForbidden):
            asked(person)
        with pytest.raises(ProposingForbidden):
            preview_proposal(POLICY, medium().pk, QUICKER, by=person)
    if role != Role.ADMIN:
        for act in (accept_proposal, decline_proposal):
            with pytest.raises(DecisionForbidden):
                act(proposal.pk, by=person, note="As agreed")
    with pytest.raises(NotProposer):
        withdraw_proposal(proposal.pk, by=person)
    proposal.refresh_from_db()
    assert (proposal.status, medium().resolution_minutes) == ("pending", 480)


def test_nobody_decides_about_their_own(admin: Agent) -> None:
    both = AgentFactory(roles=[Role.MANAGER, Role.ADMIN])
    proposal = asked(both)
    for act in (accept_proposal, decline_proposal):
        with pytest.raises(OwnProposal):
            act(proposal.pk, by=both, note="As agreed")
    assert RefusedAct.objects.filter(code="self_approval").count() == 2
    with pytest.raises(IntegrityError, match="proposal_four_eyes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_proposal SET status = 'accepted', decided_by_id = proposed_by_id, decided_at = now()"
        )
    accept_proposal(proposal.pk, by=admin)


def test_what_is_decided_stands_and_the_second_is_told_who_was_faster(manager: Agent, admin: Agent) -> None:
    other, proposal = AgentFactory(roles=[Role.ADMIN]), asked(manager)
    decline_proposal(proposal.pk, by=admin, note="Too dear")
    for act in (
        lambda: accept_proposal(proposal.pk, by=other),
        lambda: decline_proposal(proposal.pk, by=other, note="Too dear"),
        lambda: withdraw_proposal(proposal.pk, by=manager),
    ):
        with pytest.raises(ProposalTransition, match="Ada was faster: this proposal is “Declined” already"):
            act()
    assert proposal.history.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_at_once_one_decides() -> None:
    default_calendar()
    policy = SlaPolicy.objects.create(name="Silver", resolution_minutes=480)
    manager = AgentFactory(roles=[Role.MANAGER])
    admins = AgentFactory.create_batch(2, roles=[Role.ADMIN])
    proposal = propose(POLICY, policy.pk, {"resolution_minutes": 60}, by=manager, reason="The board")
    outcomes = in_parallel(
        lambda: accept_proposal(proposal.pk, by=admins[0]),
        lambda: decline_proposal(proposal.pk, by=admins[1], note="Too dear"),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Proposal", "ProposalTransition"]
    proposal.refresh_from_db()
    policy.refresh_from_db()
    assert policy.resolution_minutes == (60 if proposal.status == ProposalStatus.ACCEPTED else 480)


def test_a_note_is_asked_for_where_it_is_declined_and_old_versions_come_last(manager: Agent, admin: Agent) -> None:
    proposal = asked(manager)
    with pytest.raises(Invalid) as refused:
        decline_proposal(proposal.pk, by=admin, note=" ")
    assert list(refused.value.fields) == ["note"]
    with pytest.raises(StaleVersion):
        accept_proposal(proposal.pk, by=admin, version=proposal.version + 1)
    withdraw_proposal(proposal.pk, by=manager, version=proposal.version)
    with pytest.raises(ProposalTransition):
        accept_proposal(proposal.pk, by=admin, version=proposal.version + 7)


def test_admins_are_told_and_whoever_proposed_gets_the_answer(manager: Agent, admin: Agent) -> None:
    other = AgentFactory(roles=[Role.ADMIN])
    AgentFactory(roles=[Role.SUPERVISOR])
    accepted, declined, withdrawn = asked(manager), asked(manager, {"order": 3}), asked(manager, {"order": 4})
    withdraw_proposal(withdrawn.pk, by=manager)
    deliver_due()
    told = Notification.objects.filter(event_type=EventType.PROPOSAL_MADE)
    assert sorted(told.values_list("recipient__name", flat=True)) == sorted(["Ada", other.name] * 2)
    assert describe(told.filter(payload__proposal=str(accepted.pk))[0]) == "Max proposes to change “Medium”: The board"
    decline_proposal(declined.pk, by=admin, note="Too dear")
    accept_proposal(accepted.pk, by=admin)
    deliver_due()
    answers = Notification.objects.filter(event_type=EventType.PROPOSAL_DECIDED).order_by("created_at")
    assert [(row.recipient, describe(row)) for row in answers] == [
        (manager, "Ada declined your proposal on “Medium”. Too dear"),
        (manager, "Ada accepted your proposal on “Medium”."),
    ]


def test_looking_at_what_it_would_do_leaves_the_promises_of_the_process_alone(desk: Desk, manager: Agent) -> None:
    """Also for those who create a ticket at that very moment in the same process."""
    desk.ticket()
    before, walks = current_book(), TermsWalk.objects.count()
    effects = preview_proposal(POLICY, medium().pk, QUICKER, by=manager)
    assert effects.changed == 1
    assert current_book() is before
    assert TermsWalk.objects.count() == walks
