"""Who approves, who is asked and reminded, and how it ends (domain.md section 8, acceptance 069, 071)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.enums import Role
from accounts.models import Agent
from core.errors import Invalid, StaleVersion
from core.models import RefusedAct
from tests.factories import AbsenceFactory, AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tests.factories.resolutions import a_resolution
from tests.tickets.resolutions.conftest import MONDAY_NOON, People, fresh, lines, state
from tickets.errors import NotOwner
from tickets.models import Resolution
from tickets.resolution_errors import (
    ApprovalForbidden,
    ApprovalPending,
    ResolutionTransition,
    SelfApproval,
    TierExceeded,
)
from tickets.resolutions import approvals_for, approvers_of
from tickets.services import (
    approve_resolution,
    cancel_ticket,
    merge_ticket,
    reject_resolution,
    remind_of_approvals,
    resolve_ticket,
    withdraw_resolution,
)

pytestmark = pytest.mark.django_db


def test_069_neither_the_author_nor_anybody_below_the_tier_approves(people: People) -> None:
    led = TicketFactory(team=people.team, owner=people.lead)
    own = a_resolution(led, "150.00")
    foreign = a_resolution(people.ticket, "150.00")
    high = a_resolution(people.ticket, "600.00")
    for row, by, error in (
        (own, people.lead, SelfApproval),
        (foreign, people.owner, SelfApproval),
        (foreign, people.colleague, TierExceeded),
        (foreign, AgentFactory(roles=[Role.TEAM_LEAD], teams=[people.team]), TierExceeded),
        (high, people.lead, TierExceeded),
        (high, people.supervisor, TierExceeded),
        (foreign, AgentFactory(roles=[Role.AUDITOR]), ApprovalForbidden),
        (foreign, AgentFactory(roles=[Role.ADMIN]), ApprovalForbidden),
        (foreign, ApiClientFactory(teams=[people.team]), ApprovalForbidden),
    ):
        for act in (approve_resolution, lambda pk, by: reject_resolution(pk, by=by, reason="No")):
            with pytest.raises(error):
                act(row.pk, by=by)
        assert fresh(row).approval_status == "pending"
    assert RefusedAct.objects.filter(code="self_approval").count() == 4
    assert RefusedAct.objects.filter(code="tier_exceeded").count() == 8
    assert RefusedAct.objects.count() == 18
    with pytest.raises(TierExceeded) as refusal:
        approve_resolution(high.pk, by=people.lead)
    assert refusal.value.hint_text == "Max Ott can decide this."


def test_069_who_covers_for_the_owner_does_not_approve_their_cases(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    AbsenceFactory(agent=people.owner, deputy=people.lead)
    with pytest.raises(SelfApproval):
        approve_resolution(row.pk, by=Agent.objects.get(pk=people.lead.pk))
    approve_resolution(row.pk, by=people.supervisor)
    assert fresh(row).approved_by == people.supervisor


def test_higher_roles_approve_lower_tiers_and_the_note_is_kept(people: People) -> None:
    rows = [a_resolution(TicketFactory(team=people.team, owner=people.owner), "150.00") for _each in range(3)]
    for row, by in zip(rows, (people.lead, people.supervisor, people.manager), strict=True):
        approve_resolution(row.pk, by=by, note=" Fine. ")
        after = fresh(row)
        assert (after.approval_status, after.approved_by, after.approval_note) == ("approved", by, "Fine.")
        assert after.approved_at is not None
        assert after.reminder_due_at is None
        assert after.history.first().actor_name == by.name
    assert lines(rows[0].ticket)[1] == "Resolution approved: Credit"


def test_071_a_rejection_needs_a_reason_and_stands(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    with pytest.raises(Invalid) as refusal:
        reject_resolution(row.pk, by=people.lead, reason=" ")
    assert list(refusal.value.fields) == ["reason"]
    reject_resolution(row.pk, by=people.lead, reason="Out of warranty.")
    after = fresh(row)
    assert (after.approval_status, after.approval_note, after.approved_by) == ("rejected", "Out of warranty.", None)
    for act in (
        lambda: approve_resolution(row.pk, by=people.lead),
        lambda: withdraw_resolution(row.pk, by=people.owner),
        lambda: reject_resolution(row.pk, by=people.lead, reason="Again"),
    ):
        with pytest.raises(ResolutionTransition):
            act()
    assert lines(people.ticket)[1:] == ["Resolution not approved: Credit"]
    assert not any("warranty" in entry.body_text for entry in people.ticket.entries.all())


def test_a_ticket_is_not_resolved_while_an_approval_is_awaited(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    with pytest.raises(ApprovalPending, match=r"Credit 150\.00 EUR"):
        resolve_ticket(people.ticket.pk, by=people.owner, code="compensated", note="Granted.")
    withdraw_resolution(row.pk, by=people.owner)
    resolve_ticket(people.ticket.pk, by=people.owner, code="compensated", note="Granted.")
    assert fresh(row).approval_status == "withdrawn"


def test_only_the_owner_withdraws(people: People) -> None:
    row = a_resolution(people.ticket, "600.00")
    for by in (people.lead, people.manager):
        with pytest.raises(NotOwner):
            withdraw_resolution(row.pk, by=by)
    withdraw_resolution(row.pk, by=people.owner)
    assert state(row) == ("manager", "withdrawn", "not_required")


@pytest.mark.parametrize("how", ["cancel", "merge"])
def test_what_is_awaited_is_withdrawn_when_the_ticket_ends(people: People, how: str) -> None:
    row = a_resolution(people.ticket, "150.00")
    if how == "cancel":
        cancel_ticket(people.ticket.pk, by=people.owner, code="withdrawn")
    else:
        into = TicketFactory(team=people.team, owner=people.owner, requester=people.ticket.requester)
        merge_ticket(people.ticket.pk, into=into, by=people.owner)
    assert (fresh(row).approval_status, fresh(row).reminder_due_at) == ("withdrawn", None)
    assert not approvals_for(people.lead).exists()


def test_an_old_version_is_the_last_refusal(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    with pytest.raises(StaleVersion):
        approve_resolution(row.pk, by=people.lead, version=9)
    with pytest.raises(SelfApproval):
        approve_resolution(row.pk, by=people.owner, version=9)


def test_approvers_are_the_lead_else_the_supervisor_else_managers(people: People) -> None:
    def names(row: Resolution) -> list[list[str]]:
        return [[agent.name for agent in level] for level in approvers_of(fresh(row))]

    of_lead = a_resolution(TicketFactory(team=people.team, owner=people.lead), "150.00")
    low, high = a_resolution(people.ticket, "150.00"), a_resolution(people.ticket, "600.00")
    assert names(low) == [["Lea Brandt"], ["Sam Okafor"], ["Max Ott"]]
    assert names(high) == [["Max Ott"]]
    above = AgentFactory(name="Vera Top", roles=[Role.MANAGER])
    people.team.parent = TeamFactory(manager=above)
    people.team.save()
    AbsenceFactory(agent=people.lead)
    assert names(low) == [["Sam Okafor"], ["Max Ott"], ["Vera Top"]]
    assert names(of_lead) == [["Sam Okafor"], ["Max Ott"], ["Vera Top"]]


def test_who_covers_for_the_owner_is_passed_over_too(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    AbsenceFactory(agent=people.owner, deputy=people.lead)
    assert [[agent.name for agent in level] for level in approvers_of(fresh(row))] == [["Sam Okafor"], ["Max Ott"]]
    with pytest.raises(SelfApproval) as refusal:
        approve_resolution(row.pk, by=Agent.objects.get(pk=people.lead.pk))
    assert refusal.value.hint_text == "Sam Okafor can decide this."


def test_each_sees_what_waits_for_them(people: People) -> None:
    low, high = a_resolution(people.ticket, "150.00"), a_resolution(people.ticket, "600.00")
    own = a_resolution(TicketFactory(team=people.team, owner=people.lead), "150.00")
    assert list(approvals_for(people.lead)) == [low]
    assert list(approvals_for(people.supervisor)) == [low, own]
    assert list(approvals_for(people.manager)) == [low, high, own]
    assert not approvals_for(people.owner).exists()
    assert not approvals_for(AgentFactory(roles=[Role.TEAM_LEAD])).exists()


def test_after_240_business_minutes_it_is_due_once(people: People) -> None:
    """Asked at noon on Monday: four hours later it is exactly so old, and a second later older."""
    with time_machine.travel(MONDAY_NOON, tick=False):
        row = a_resolution(people.ticket, "150.00")
    assert fresh(row).reminder_due_at == MONDAY_NOON + timedelta(hours=4)
    assert remind_of_approvals(now=MONDAY_NOON + timedelta(hours=4)) == 0
    assert remind_of_approvals(now=MONDAY_NOON + timedelta(hours=4, seconds=1)) == 1
    assert remind_of_approvals(now=MONDAY_NOON + timedelta(days=9)) == 0
    with time_machine.travel(MONDAY_NOON + timedelta(hours=4), tick=False):
        late = a_resolution(people.ticket, "10.00")
    assert fresh(late).reminder_due_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
