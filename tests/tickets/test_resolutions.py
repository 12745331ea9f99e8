"""What is done for customers, who grants it, and what they are told (domain.md section 8, acceptance 063-073)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role, Tier
from accounts.models import Agent
from core.errors import Invalid, StaleVersion
from core.models import RefusedAct
from tests.api.conftest import signed_in
from tests.concurrency import in_parallel
from tests.factories import (
    AbsenceFactory,
    AgentFactory,
    ApiClientFactory,
    CompanyFactory,
    ContactFactory,
    TeamFactory,
    TicketFactory,
)
from tests.factories.resolutions import VALUES, a_resolution
from tickets import guards
from tickets.errors import (
    ApprovalForbidden,
    ApprovalPending,
    InvalidTransition,
    NotOwner,
    OwnersActForbidden,
    PhotoMissing,
    ResolutionMeanwhile,
    ResolutionTransition,
    SelfApproval,
    TicketClosed,
    TicketUnowned,
    TierExceeded,
)
from tickets.models import EmpowermentConfig, Resolution, Ticket
from tickets.resolution_enums import ResolutionType
from tickets.resolutions import approvals_for, approvers_of, granted_on, running_total
from tickets.services import (
    add_flag,
    approve_resolution,
    cancel_ticket,
    create_resolution,
    merge_ticket,
    reject_resolution,
    remind_of_approvals,
    resolve_ticket,
    unmerge_ticket,
    waive_photo,
    withdraw_resolution,
)
from tickets.wording import describe

pytestmark = pytest.mark.django_db
TEN = {"amount": Decimal("10.00")}
MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
"""Twelve o'clock in Berlin; the desk is open from eight to six."""


class People:
    """A team with one in each role, and the owner of a ticket of theirs."""

    def __init__(self) -> None:
        self.lead: Agent = AgentFactory(name="Lea Brandt", roles=[Role.TEAM_LEAD, Role.AGENT])
        self.supervisor: Agent = AgentFactory(name="Sam Okafor", roles=[Role.SUPERVISOR])
        self.manager: Agent = AgentFactory(name="Max Ott", roles=[Role.MANAGER])
        self.team = TeamFactory(lead=self.lead, supervisor=self.supervisor, manager=self.manager)
        self.owner: Agent = AgentFactory(name="Mara Weiss", teams=[self.team])
        self.colleague: Agent = AgentFactory(name="Jonas Kern", teams=[self.team])
        self.ticket: Ticket = TicketFactory(team=self.team, owner=self.owner)


@pytest.fixture
def people() -> People:
    return People()


def fresh(resolution: Resolution) -> Resolution:
    return Resolution.objects.get(pk=resolution.pk)


def state(resolution: Resolution) -> tuple[str, str, str]:
    row = fresh(resolution)
    return row.empowerment_tier, row.approval_status, row.calibration_status


def lines(ticket: Ticket) -> list[str]:
    entries = ticket.entries.filter(kind__in=["resolution", "approval"]).order_by("seq")
    assert {entry.visibility for entry in entries} <= {"internal"}
    return [describe(entry) for entry in entries]


def test_063_up_to_100_the_owner_grants_it_and_it_is_on_the_timeline(people: People) -> None:
    first = a_resolution(people.ticket, "100.00")
    assert state(first) == ("agent", "not_required", "not_required")
    assert lines(people.ticket) == ["Resolution written down: Credit"]
    second = a_resolution(TicketFactory(team=people.team, owner=people.owner), "100.01")
    assert state(second) == ("team_lead", "pending", "not_required")
    assert lines(second.ticket) == ["Resolution written down: Credit; waits for approval (Team lead)"]


def test_064_above_500_it_is_the_managers_and_goes_to_calibration(people: People) -> None:
    assert state(a_resolution(people.ticket, "500.00")) == ("team_lead", "pending", "not_required")
    other = TicketFactory(team=people.team, owner=people.owner)
    assert state(a_resolution(other, "500.01")) == ("manager", "pending", "pending")


def test_065_150_for_a_replacement_under_warranty_is_the_leads(people: People) -> None:
    row = a_resolution(people.ticket, "150.00", resolution_type="replacement", why_eligible_category="within_warranty")
    assert (state(row)[0], state(row)[1]) == ("team_lead", "pending")


@pytest.mark.parametrize(
    ("kind", "reason", "tier"),
    [
        ("refund_full", "goodwill", "manager"),
        ("refund_partial", "goodwill", "team_lead"),
        ("repair", "policy_exception", "manager"),
    ],
)
def test_066_of_20_a_refund_or_an_exception_is_not_the_agents(
    people: People, kind: str, reason: str, tier: str
) -> None:
    row = a_resolution(people.ticket, "20.00", resolution_type=kind, why_eligible_category=reason)
    assert state(row)[:2] == (tier, "pending")


def test_067_the_running_total_of_the_ticket_counts(people: People) -> None:
    """80 are granted; 50 more need the lead. What is refused or withdrawn, or in another currency, does not count."""
    a_resolution(people.ticket, "80.00")
    EmpowermentConfig.objects.create(team=people.team, currency="CHF")
    assert state(a_resolution(people.ticket, "90.00", currency="CHF"))[0] == "agent"
    asked = a_resolution(people.ticket, "50.00")
    assert state(asked)[:2] == ("team_lead", "pending")
    assert state(a_resolution(people.ticket, "370.01"))[0] == "manager"
    reject_resolution(asked.pk, by=people.lead, reason="Not twice.")
    withdraw_resolution(Resolution.objects.get(amount=Decimal("370.01")).pk, by=people.owner)
    assert state(a_resolution(people.ticket, "20.00"))[0] == "agent"


def test_067_what_was_granted_on_merged_tickets_counts_where_they_go_on(people: People) -> None:
    first, second, last = (
        TicketFactory(team=people.team, owner=people.owner, requester=people.ticket.requester) for _count in range(3)
    )
    granted, awaited = a_resolution(first, "80.00"), a_resolution(first, "70.00")
    merge_ticket(first.pk, into=second, by=people.owner)
    assert (state(fresh(granted))[1], state(fresh(awaited))[1]) == ("not_required", "withdrawn")
    merge_ticket(second.pk, into=last, by=people.owner)
    assert running_total(last, "EUR") == Decimal("80.00"), "what was only asked for ended with its ticket"
    assert state(a_resolution(last, "20.00"))[0] == "agent"
    assert state(a_resolution(last, "0.01"))[:2] == ("team_lead", "pending")


def test_067_taken_apart_again_each_ticket_counts_its_own(people: People) -> None:
    first = TicketFactory(team=people.team, owner=people.owner, requester=people.ticket.requester)
    a_resolution(first, "80.00")
    merge_ticket(first.pk, into=people.ticket, by=people.owner)
    above = a_resolution(people.ticket, "50.00")
    assert state(above)[0] == "team_lead"
    unmerge_ticket(first.pk, by=people.owner)
    assert (running_total(first, "EUR"), running_total(people.ticket, "EUR")) == (Decimal("80.00"), Decimal("50.00"))
    assert state(fresh(above))[:2] == ("team_lead", "pending"), "what was decided so stays so"
    assert state(a_resolution(people.ticket, "50.00"))[0] == "agent"
    assert state(a_resolution(first, "20.01"))[0] == "team_lead"


@pytest.mark.parametrize("missing", ["what_went_wrong", "why_eligible"])
def test_068_what_and_why_are_required(people: People, missing: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_resolution(people.ticket.pk, by=people.owner, **VALUES | TEN | {missing: "  "})
    assert list(refusal.value.fields) == [missing]
    assert Resolution.objects.count() == people.ticket.entries.filter(kind="resolution").count() == 0


def test_068_when_and_channel_are_filled_in(people: People) -> None:
    Ticket.objects.filter(pk=people.ticket.pk).update(product="Printer X", region="Hessen")
    before = timezone.now()
    row = fresh(a_resolution(people.ticket, product="Printer Y"))
    assert before <= row.occurred_at <= timezone.now()
    assert (row.channel, row.product, row.region) == ("email", "Printer Y", "Hessen")
    assert (row.agent, row.currency, row.amount) == (people.owner, "EUR", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", Decimal("0.00")),
        ("amount", Decimal("-5")),
        ("amount", Decimal("1.001")),
        ("amount", Decimal("NaN")),
        ("amount", Decimal("10000000000")),
        ("currency", "EURO"),
        ("currency", "12€"),
        ("resolution_type", "refund"),
        ("what_went_wrong_category", ""),
        ("why_eligible_category", "because"),
        ("why_eligible", "x" * 5001),
    ],
)
def test_impossible_values_change_nothing(people: People, name: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        create_resolution(people.ticket.pk, by=people.owner, **VALUES | TEN | {name: value})
    assert list(refusal.value.fields) == [name]
    assert not Resolution.objects.exists()


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


def test_070_only_the_owner_writes_one_down(people: People) -> None:
    for by in (people.colleague, people.lead, people.supervisor, people.manager):
        with pytest.raises(NotOwner):
            a_resolution(people.ticket, "10.00", by=by)
    for by in (AgentFactory(roles=[Role.ADMIN]), AgentFactory(roles=[Role.AUDITOR])):
        with pytest.raises(OwnersActForbidden):
            a_resolution(people.ticket, "10.00", by=by)
    assert not Resolution.objects.exists()
    assert RefusedAct.objects.filter(code="not_owner").count() == 4


def test_070_the_deputy_of_an_absent_owner_writes_in_their_name_within_both_limits(people: People) -> None:
    Agent.objects.filter(pk=people.colleague.pk).update(empowerment_limit=Decimal("30.00"))
    AbsenceFactory(agent=people.owner, deputy=people.colleague)
    deputy = Agent.objects.get(pk=people.colleague.pk)
    row = a_resolution(people.ticket, "31.00", by=deputy)
    assert (row.agent, row.created_by, row.empowerment_tier) == (people.owner, deputy, "team_lead")


def test_070_an_unowned_or_ended_ticket_has_none(people: People) -> None:
    new = TicketFactory(team=people.team)
    with pytest.raises(InvalidTransition):
        a_resolution(new, by=people.owner)
    resolve_ticket(people.ticket.pk, by=people.owner, code="fixed", note="Done.")
    with pytest.raises(InvalidTransition):
        a_resolution(people.ticket)
    other = TicketFactory(team=people.team, owner=people.owner)
    cancel_ticket(other.pk, by=people.owner, code="withdrawn")
    with pytest.raises(TicketClosed):
        a_resolution(other)


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


@pytest.mark.parametrize("where", ["contact", "company", "flag"])
def test_072_for_a_vip_200_are_within_the_agents_discretion(people: People, where: str) -> None:
    if where == "contact":
        requester = ContactFactory(tier=Tier.VIP)
    else:
        requester = ContactFactory(company=CompanyFactory(tier=Tier.VIP if where == "company" else Tier.STANDARD))
    ticket = TicketFactory(team=people.team, owner=people.owner, requester=requester)
    if where == "flag":
        guards.flag_sources.append(lambda ids: {pk: {"vip"} for pk in ids})
    try:
        assert state(a_resolution(ticket, "200.00"))[0] == "agent"
        assert state(a_resolution(ticket, "0.01"))[0] == "team_lead"
    finally:
        if where == "flag":
            guards.flag_sources.pop()


def test_073_the_agents_own_limit_counts_if_it_is_lower(people: People) -> None:
    Agent.objects.filter(pk=people.owner.pk).update(empowerment_limit=Decimal("60.00"))
    assert state(a_resolution(people.ticket, "60.00"))[0] == "agent"
    other = TicketFactory(team=people.team, owner=people.owner)
    assert state(a_resolution(other, "61.00"))[0] == "team_lead"


def test_a_team_has_limits_of_its_own_and_other_currencies_none(people: People) -> None:
    EmpowermentConfig.objects.create(team=people.team, tier1_limit=Decimal("10"), tier2_limit=Decimal("20"))
    tickets = [TicketFactory(team=people.team, owner=people.owner) for _each in range(4)]
    found = [state(a_resolution(t, a))[0] for t, a in zip(tickets, ("10.00", "10.01", "20.00", "20.01"), strict=True)]
    assert found == ["agent", "team_lead", "team_lead", "manager"]
    assert state(a_resolution(people.ticket, "1.00", currency="usd"))[0] == "manager"


@pytest.mark.parametrize("kind", ["credit", "refund_partial", "refund_full"])
def test_068_money_has_an_amount(people: People, kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_resolution(people.ticket.pk, by=people.owner, **VALUES | {"resolution_type": kind})
    assert refusal.value.fields == {"amount": ["Give the amount."]}
    assert not Resolution.objects.exists()


COMPENSATION = {
    "refund_partial": True,
    "refund_full": True,
    "credit": True,
    "extended_warranty": True,
    "replacement": True,
    "repair": True,
    "information": False,
    "workaround": False,
    "no_action": False,
}


def test_116_no_kind_of_compensation_evades_the_photo(people: People) -> None:
    """Not by leaving the amount empty, nor by naming one for what gives nothing."""
    add_flag(people.ticket.pk, by=people.owner, type="physical_damage", reason="The case is broken")
    asked = {}
    for kind in ResolutionType:
        wanted = TEN if "refund" in kind or kind == "credit" else {"amount": None}
        try:
            create_resolution(people.ticket.pk, by=people.owner, **VALUES | wanted | {"resolution_type": str(kind)})
        except PhotoMissing:
            asked[str(kind)] = True
        else:
            asked[str(kind)] = False
    assert asked == COMPENSATION
    with pytest.raises(PhotoMissing):
        create_resolution(people.ticket.pk, by=people.owner, **VALUES | TEN | {"resolution_type": "no_action"})
    assert Resolution.objects.count() == 3


CHECKED = ["device", "evidence", "cause", "warranty"]


@pytest.mark.parametrize("missing", CHECKED)
def test_116_damage_is_compensated_after_the_whole_checklist(people: People, missing: str) -> None:
    flag = add_flag(people.ticket.pk, by=people.owner, type="physical_damage", reason="The case is broken")
    waive_photo(flag.pk, by=people.owner, reason="Thrown away")
    some = [check for check in CHECKED if check != missing]
    with pytest.raises(Invalid) as refused:
        create_resolution(people.ticket.pk, by=people.owner, **VALUES | TEN, damage_checklist=some)
    assert (list(refused.value.fields), Resolution.objects.count()) == (["damage_checklist"], 0)
    create_resolution(people.ticket.pk, by=people.owner, **VALUES | {"resolution_type": "information"})
    asked = create_resolution(people.ticket.pk, by=people.owner, **VALUES | TEN, damage_checklist=CHECKED[::-1])
    assert Resolution.objects.get(pk=asked.pk).damage_checklist == CHECKED
    with pytest.raises(DatabaseError), transaction.atomic():
        Resolution.objects.filter(pk=asked.pk).update(damage_checklist=[])


def test_116_at_the_api_too(people: People) -> None:
    flag = add_flag(people.ticket.pk, by=people.owner, type="physical_damage", reason="The case is broken")
    waive_photo(flag.pk, by=people.owner, reason="Thrown away")
    client, at = signed_in(people.owner), f"/api/v1/tickets/{people.ticket.reference}/resolutions/"
    values = VALUES | {"amount": "10.00"}
    refused = client.post(at, values)
    assert (refused.status_code, list(refused.json()["fields"]), Resolution.objects.count()) == (
        400,
        ["damage_checklist"],
        0,
    )
    wrong = client.post(at, values | {"damage_checklist": ["colour"]})
    assert (wrong.status_code, Resolution.objects.count()) == (400, 0)
    granted = client.post(at, values | {"damage_checklist": CHECKED})
    assert (granted.status_code, granted.json()["damage_checklist"]) == (201, CHECKED)


def test_what_was_recorded_meanwhile_is_looked_at_first(people: People) -> None:
    """A form that is sent twice, or by owner and deputy at once, does not grant twice."""
    a_resolution(people.ticket, "20.00", known=0)
    with pytest.raises(ResolutionMeanwhile, match=r"Credit 20\.00 EUR"):
        a_resolution(people.ticket, "20.00", known=0)
    assert Resolution.objects.count() == 1
    a_resolution(people.ticket, "20.00", known=1)


def test_flags_send_it_to_calibration_and_a_guard_may_refuse_amounts(people: People) -> None:
    source = lambda ids: {pk: {"legal", "complaint"} for pk in ids}  # noqa: E731  # two lines of it would say no more
    guards.flag_sources.append(source)
    guards.compensation_guards.append(lambda ticket: TicketUnowned(reference=ticket.reference))
    try:
        row = a_resolution(people.ticket)
        with pytest.raises(TicketUnowned):
            a_resolution(people.ticket, "1.00")
    finally:
        guards.flag_sources.pop()
        guards.compensation_guards.pop()
    assert (state(row), fresh(row).calibration_reasons) == (
        ("agent", "not_required", "pending"),
        ["flagged", "complaint"],
    )


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


def test_only_what_is_granted_may_be_told(people: People) -> None:
    told = a_resolution(people.ticket, "40.00")
    approved, rejected, _awaited = (a_resolution(people.ticket, amount) for amount in ("80.00", "81.00", "82.00"))
    approve_resolution(approved.pk, by=people.lead)
    reject_resolution(rejected.pk, by=people.lead, reason="No")
    assert granted_on(people.ticket) == [told, approved]


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


@pytest.mark.django_db(transaction=True)
def test_067_of_two_simultaneous_grants_of_60_one_needs_approval() -> None:
    people = People()
    for _round in range(3):
        ticket = TicketFactory(team=people.team, owner=people.owner)
        grant = partial(a_resolution, ticket, "60.00")
        rows = in_parallel(grant, grant)
        assert sorted(row.empowerment_tier for row in rows) == ["agent", "team_lead"]


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("900.00")},
        {"currency": "USD"},
        {"why_eligible": "Other"},
        {"approval_note": "Other"},
        {"approval_status": "rejected"},
    ],
)
def test_the_database_keeps_what_was_approved(people: People, change: dict[str, Any]) -> None:
    row = a_resolution(people.ticket, "150.00")
    approve_resolution(row.pk, by=people.lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        Resolution.objects.filter(pk=row.pk).update(**change)


def test_the_database_refuses_self_approval_invented_decisions_and_deletion(people: People) -> None:
    row = a_resolution(people.ticket, "150.00")
    approved = {"approval_status": "approved", "approved_by": people.owner, "approved_at": timezone.now()}
    with pytest.raises(IntegrityError, match="self_approval"), transaction.atomic():
        Resolution.objects.filter(pk=row.pk).update(**approved)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Resolution.objects.filter(pk=row.pk).delete()
    made = Resolution.objects.get(pk=row.pk)
    made.pk, made._state.adding = None, True
    made.id = people.ticket.pk
    vars(made).update(approval_status="approved", approved_by_id=people.lead.pk, approved_at=timezone.now())
    with pytest.raises(IntegrityError, match="without a decision"), transaction.atomic():
        made.save()
