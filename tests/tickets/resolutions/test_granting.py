"""What is written down for a customer, and whose it is to grant (domain.md section 8, acceptance 063-068, 070, 072,
073, 116).
"""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.enums import Role, Tier
from accounts.models import Agent
from core.errors import Invalid
from core.models import RefusedAct
from tests.api.conftest import signed_in
from tests.concurrency import in_parallel
from tests.factories import AbsenceFactory, AgentFactory, CompanyFactory, ContactFactory, TicketFactory
from tests.factories.resolutions import VALUES, a_resolution
from tests.tickets.resolutions.conftest import TEN, People, fresh, lines, state
from tickets import guards
from tickets.errors import (
    InvalidTransition,
    NotOwner,
    OwnersActForbidden,
    PhotoMissing,
    ResolutionMeanwhile,
    TicketClosed,
    TicketUnowned,
)
from tickets.models import EmpowermentConfig, Resolution, Ticket
from tickets.resolution_enums import ResolutionType
from tickets.resolutions import granted_on, running_total
from tickets.services import (
    add_flag,
    approve_resolution,
    cancel_ticket,
    create_resolution,
    merge_ticket,
    reject_resolution,
    resolve_ticket,
    unmerge_ticket,
    waive_photo,
    withdraw_resolution,
)

pytestmark = pytest.mark.django_db


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


def test_only_what_is_granted_may_be_told(people: People) -> None:
    told = a_resolution(people.ticket, "40.00")
    approved, rejected, _awaited = (a_resolution(people.ticket, amount) for amount in ("80.00", "81.00", "82.00"))
    approve_resolution(approved.pk, by=people.lead)
    reject_resolution(rejected.pk, by=people.lead, reason="No")
    assert granted_on(people.ticket) == [told, approved]


@pytest.mark.django_db(transaction=True)
def test_067_of_two_simultaneous_grants_of_60_one_needs_approval() -> None:
    people = People()
    for _round in range(3):
        ticket = TicketFactory(team=people.team, owner=people.owner)
        grant = partial(a_resolution, ticket, "60.00")
        rows = in_parallel(grant, grant)
        assert sorted(row.empowerment_tier for row in rows) == ["agent", "team_lead"]
