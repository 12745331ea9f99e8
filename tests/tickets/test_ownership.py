"""Acceptance, its refusals, and the one exception (acceptance 001, 004-010, 012-017)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.errors import AgentAbsent, AgentInactive
from accounts.services import deactivate_agent
from core.errors import Forbidden
from core.models import EventDelivery, RefusedAct
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory, TeamFactory, TicketFactory
from tickets.enums import EntryKind, TicketStatus
from tickets.errors import (
    AlreadyOwned,
    AtCapacity,
    InvalidTransferReason,
    LeaveTooShort,
    NotACandidate,
    NotOwner,
    OpenTicketsRemain,
    ReasonRequired,
    TransferForbidden,
)
from tickets.models import OwnershipTransfer, Ticket
from tickets.services import accept_ticket, offer_ticket, reply_to_customer, resolve_ticket, transfer_ownership

pytestmark = pytest.mark.django_db

REASON = "Left the company at the end of the month."


def test_001_acceptance_makes_owner() -> None:
    ticket = TicketFactory()
    ann = AgentFactory(teams=[ticket.team])
    accept_ticket(ticket.pk, by=ann)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.owner, ticket.status) == (ann, TicketStatus.IN_PROGRESS)
    assert ticket.owner_accepted_at is not None
    entry = ticket.entries.get(kind=EntryKind.OWNERSHIP)
    assert (entry.author, entry.visibility, entry.facts["owner"]) == (ann, "internal", ann.name)
    assert [(row.actor_name, row.history_user_id) for row in ticket.history.all()[:1]] == [(ann.name, ann.user_id)]


def test_second_agent_is_refused_and_first_stays_owner() -> None:
    ticket = TicketFactory()
    ann, bob = AgentFactory.create_batch(2, teams=[ticket.team])
    accept_ticket(ticket.pk, by=ann)
    with pytest.raises(AlreadyOwned, match=ticket.reference):
        accept_ticket(ticket.pk, by=bob)
    assert Ticket.objects.get(pk=ticket.pk).owner == ann
    assert RefusedAct.objects.get().code == "already_owned"


@pytest.mark.django_db(transaction=True)
def test_004_one_of_fifty_simultaneous_agents_becomes_owner() -> None:
    team = TeamFactory()
    agents = AgentFactory.create_batch(50, teams=[team])
    for _round in range(10):
        ticket = TicketFactory(team=team)
        acts = [lambda by=agent, pk=ticket.pk: accept_ticket(pk, by=by) for agent in agents]
        outcomes = in_parallel(*acts)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyOwned"] * 49 + ["Ticket"]
        (winner,) = [outcome.owner for outcome in outcomes if isinstance(outcome, Ticket)]
        assert Ticket.objects.get(pk=ticket.pk).owner == winner
        assert ticket.entries.filter(kind=EntryKind.OWNERSHIP).count() == 1


def test_005_inactive_or_absent_agent_is_refused() -> None:
    ticket = TicketFactory()
    absent = AgentFactory(teams=[ticket.team])
    AbsenceFactory(agent=absent)
    with pytest.raises(AgentAbsent):
        accept_ticket(ticket.pk, by=absent)
    gone = AgentFactory(teams=[ticket.team])
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)  # while their page was open
    with pytest.raises(AgentInactive):
        accept_ticket(ticket.pk, by=gone)
    assert Ticket.objects.get(pk=ticket.pk).owner is None


def test_006_capacity() -> None:
    ann = AgentFactory(max_tickets=2)
    team = TeamFactory()
    first, _second = TicketFactory(team=team, owner=ann), TicketFactory(team=team, owner=ann)
    third = TicketFactory(team=team)
    with pytest.raises(AtCapacity):
        accept_ticket(third.pk, by=ann)
    resolve_ticket(first.pk, by=ann, code="fixed", note="Toner replaced.")
    assert accept_ticket(third.pk, by=ann).owner == ann


@pytest.fixture
def transfer_case():
    """(ticket, owner, colleague, supervisor)"""
    supervisor = AgentFactory(roles=[Role.SUPERVISOR])
    team = TeamFactory(supervisor=supervisor)
    owner, colleague = AgentFactory.create_batch(2, teams=[team])
    return TicketFactory(team=team, owner=owner), owner, colleague, supervisor


def test_007_transfer_after_termination(transfer_case) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    owner.employment_ended_on = owner.today(timezone.now())
    owner.save()
    transfer_ownership(ticket.pk, by=supervisor, new_owner=colleague, reason_code="termination", reason=REASON)
    assert Ticket.objects.get(pk=ticket.pk).owner == colleague
    transfer = OwnershipTransfer.objects.get()
    assert (transfer.old_owner, transfer.new_owner, transfer.authorised_by) == (owner, colleague, supervisor)
    entry = ticket.entries.get(kind=EntryKind.OWNERSHIP, facts__event="transferred")
    assert entry.facts == {
        "event": "transferred",
        "old_owner": owner.name,
        "new_owner": colleague.name,
        "reason_code": "termination",
        "authorised_by": supervisor.name,
    }
    assert (entry.visibility, entry.body_text) == ("internal", REASON)
    introduction = ticket.entries.get(kind=EntryKind.EMAIL_OUTBOUND)
    assert colleague.name in introduction.body_text
    assert REASON not in introduction.body_text


@pytest.mark.parametrize(("days", "expected"), [(30, LeaveTooShort), (31, None)])
def test_008_leave_of_thirty_days_is_too_short(transfer_case, days: int, expected: type[Exception] | None) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    AbsenceFactory(agent=owner, days=days)
    act = {"by": supervisor, "new_owner": colleague, "reason_code": "extended_leave", "reason": REASON}
    if expected:
        with pytest.raises(expected):
            transfer_ownership(ticket.pk, **act)
        assert Ticket.objects.get(pk=ticket.pk).owner == owner
        assert not OwnershipTransfer.objects.exists()
    else:
        assert transfer_ownership(ticket.pk, **act).owner == colleague


@pytest.mark.parametrize("is_open_ended", [False, True])
@pytest.mark.parametrize("in_days", [-60, 0, 200])
def test_008_a_long_leave_counts_from_the_day_it_is_recorded_until_it_is_over(
    transfer_case, in_days: int, is_open_ended: bool
) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    begins = owner.today(timezone.now()) + timedelta(days=in_days)
    ends = None if is_open_ended else begins + timedelta(days=90)
    AbsenceFactory(agent=owner, starts_on=begins, ends_on=ends, is_open_end_confirmed=is_open_ended)
    act = {"by": supervisor, "new_owner": colleague, "reason_code": "extended_leave", "reason": REASON}
    assert transfer_ownership(ticket.pk, **act).owner == colleague


@pytest.mark.parametrize("reason_code", ["too hard", "workload", "customer wants another agent", ""])
def test_009_other_reasons_are_no_reason(transfer_case, reason_code: str) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    with pytest.raises(InvalidTransferReason):
        transfer_ownership(ticket.pk, by=supervisor, new_owner=colleague, reason_code=reason_code, reason=REASON)
    assert Ticket.objects.get(pk=ticket.pk).owner == owner


def test_010_who_may_not_authorise(transfer_case) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    owner.employment_ended_on = owner.today(timezone.now())
    owner.save()
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket.team.lead = lead
    ticket.team.save()
    for by, new_owner in ((colleague, lead), (lead, colleague), (supervisor, supervisor)):
        with pytest.raises(TransferForbidden):
            transfer_ownership(ticket.pk, by=by, new_owner=new_owner, reason_code="termination", reason=REASON)
    assert list(RefusedAct.objects.values_list("act", "code")) == [("transfer_ownership", "permission_denied")] * 3
    assert Ticket.objects.get(pk=ticket.pk).owner == owner


@pytest.mark.parametrize("reason", ["", "   ", "too short a text", "                    a"])
def test_011_transfer_needs_a_reason(transfer_case, reason: str) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    owner.employment_ended_on = owner.today(timezone.now())
    owner.save()
    with pytest.raises(ReasonRequired):
        transfer_ownership(ticket.pk, by=supervisor, new_owner=colleague, reason_code="termination", reason=reason)


def test_013_deputy_replies_for_the_absent_owner() -> None:
    owner, deputy = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    AbsenceFactory(agent=owner, deputy=deputy)
    message = reply_to_customer(ticket.pk, by=deputy, body_text="We are on it.")
    assert (message.author, message.on_behalf_of) == (deputy, owner)
    assert Ticket.objects.get(pk=ticket.pk).owner == owner


def test_014_deputy_after_the_absence_is_refused() -> None:
    owner, deputy = AgentFactory.create_batch(2)
    ticket = TicketFactory(owner=owner)
    yesterday = owner.today(timezone.now()) - timedelta(days=1)
    AbsenceFactory(agent=owner, deputy=deputy, starts_on=yesterday - timedelta(days=5), ends_on=yesterday)
    with pytest.raises(NotOwner):
        reply_to_customer(ticket.pk, by=deputy, body_text="We are on it.")
    assert not ticket.outbound_messages.exists()


def test_015_rank_does_not_beat_ownership(transfer_case) -> None:
    ticket, _owner, _colleague, supervisor = transfer_case
    with pytest.raises(NotOwner) as refused:
        resolve_ticket(ticket.pk, by=supervisor, code="fixed", note="Done.")
    assert "envelope" in refused.value.hint_text
    with pytest.raises(NotOwner):
        reply_to_customer(ticket.pk, by=supervisor, body_text="Hello")


def test_016_deactivation_waits_for_the_transfer(transfer_case) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    admin = AgentFactory(roles=[Role.ADMIN])
    with pytest.raises(OpenTicketsRemain):
        deactivate_agent(owner.pk, by=admin)
    owner.employment_ended_on = owner.today(timezone.now())
    owner.save()
    transfer_ownership(ticket.pk, by=supervisor, new_owner=colleague, reason_code="termination", reason=REASON)
    assert deactivate_agent(owner.pk, by=admin).is_active is False
    owner.user.refresh_from_db()
    assert owner.user.is_active is False


@pytest.mark.parametrize("role", [Role.MANAGER, Role.AUDITOR, Role.ADMIN])
def test_roles_that_work_no_tickets_never_become_owner(transfer_case, role: Role) -> None:
    ticket, owner, _colleague, supervisor = transfer_case
    other = AgentFactory(roles=[role], teams=[ticket.team])
    unowned = TicketFactory(team=ticket.team)
    with pytest.raises(NotACandidate):
        offer_ticket(unowned.pk, to=other, by=supervisor)
    with pytest.raises(Forbidden):
        accept_ticket(unowned.pk, by=other)
    owner.employment_ended_on = owner.today(timezone.now())
    owner.save()
    with pytest.raises(NotACandidate):
        transfer_ownership(ticket.pk, by=supervisor, new_owner=other, reason_code="termination", reason=REASON)
    AbsenceFactory(agent=owner, deputy=other)
    with pytest.raises(Forbidden):
        reply_to_customer(ticket.pk, by=other, body_text="Hello")
    assert Ticket.objects.get(pk=ticket.pk).owner == owner


def test_a_former_candidate_hears_that_the_offer_is_over(transfer_case) -> None:
    ticket, owner, colleague, supervisor = transfer_case
    unowned = TicketFactory(team=ticket.team)
    offer_ticket(unowned.pk, to=colleague, by=supervisor)
    accept_ticket(unowned.pk, by=owner)
    ended = EventDelivery.objects.filter(event="OfferEnded").get()
    assert ended.payload["agent_id"] == str(colleague.pk)
