"""Case flags: who adds and clears them, one of a type at a time, all told and kept (domain.md section 12)."""

import pytest
from django.db import IntegrityError, transaction

from accounts.enums import Role, Scope
from accounts.errors import ScopeMissing
from accounts.models import Agent
from core.actors import DESK
from core.errors import DomainError, Invalid, StaleVersion
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tickets import policies
from tickets.errors import (
    FlagAlreadyAdded,
    FlagIsCleared,
    LegalFlagForbidden,
    NotOwner,
    OwnersActForbidden,
    TicketClosed,
)
from tickets.models import CaseFlag, Ticket
from tickets.services import add_flag, cancel_ticket, clear_flag, edit_ticket
from tickets.wording import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara() -> Agent:
    return AgentFactory(name="Mara Klein")


@pytest.fixture
def ticket(mara: Agent) -> Ticket:
    supervisor, manager = AgentFactory(roles=[Role.SUPERVISOR]), AgentFactory(roles=[Role.MANAGER])
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    team = TeamFactory(supervisor=supervisor, manager=manager, lead=lead)
    return TicketFactory(owner=mara, team=team)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_a_flag_stands_on_the_ticket_until_it_is_cleared_and_is_kept_then(ticket: Ticket, mara: Agent) -> None:
    flag = add_flag(ticket.pk, by=mara, type="complaint", reason=" They want to speak to the director. ")
    assert fresh(ticket).flags == ["complaint"]
    clear_flag(flag.pk, by=mara, reason="They have withdrawn it")
    assert fresh(ticket).flags == []
    kept = CaseFlag.objects.get()
    assert (kept.reason, kept.added_by, kept.clear_reason, kept.cleared_by_name) == (
        "They want to speak to the director.",
        mara,
        "They have withdrawn it",
        "Mara Klein",
    )
    told = [(describe(entry), entry.body_text, entry.visibility) for entry in ticket.entries.filter(kind="flag")]
    assert told == [
        ("Flag added: Complaint", "They want to speak to the director.", "internal"),
        ("Flag cleared: Complaint", "They have withdrawn it", "internal"),
    ]
    past = kept.history.order_by("history_id").values_list("history_type", "actor_name", "clear_reason")
    assert list(past) == [("+", "Mara Klein", ""), ("~", "Mara Klein", "They have withdrawn it")]


def test_a_type_is_active_once_and_may_come_again(ticket: Ticket, mara: Agent) -> None:
    first = add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry")
    with pytest.raises(FlagAlreadyAdded, match="has the flag “Complaint” already"):
        add_flag(ticket.pk, by=mara, type="complaint", reason="Still")
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseFlag.objects.create(ticket=ticket, type="complaint", reason="By another way", added_by_name="x")
    clear_flag(first.pk, by=mara, reason="Settled")
    with pytest.raises(FlagIsCleared):
        clear_flag(first.pk, by=mara, reason="Settled")
    add_flag(ticket.pk, by=mara, type="complaint", reason="Again")
    assert (fresh(ticket).flags, CaseFlag.objects.count()) == (["complaint"], 2)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_flag_at_once_one_is_told_that_it_is_there() -> None:
    """Fails without the ticket's lock, on the constraint."""
    mara = AgentFactory()
    ticket = TicketFactory(owner=mara)
    outcomes = in_parallel(*[lambda: add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CaseFlag", "FlagAlreadyAdded"]


def test_reason_and_type_are_asked_for(ticket: Ticket, mara: Agent) -> None:
    with pytest.raises(Invalid) as refused:
        add_flag(ticket.pk, by=mara, type="angry", reason="  ")
    assert sorted(refused.value.fields) == ["reason", "type"]
    flag = add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    with pytest.raises(Invalid):
        clear_flag(flag.pk, by=ticket.team.supervisor, reason=" ")
    assert fresh(ticket).flags == ["legal"]


def test_owner_and_those_in_charge_flag_and_nobody_else(ticket: Ticket, mara: Agent) -> None:
    team = ticket.team
    for number, person in enumerate((mara, team.lead, team.supervisor, team.manager, DESK)):
        flag = add_flag(ticket.pk, by=person, type="complaint", reason=f"Reason {number}")
        clear_flag(flag.pk, by=person, reason="Settled")
    colleague = AgentFactory(teams=[team])
    with pytest.raises(NotOwner):
        add_flag(ticket.pk, by=colleague, type="complaint", reason="They are angry")
    for role in (Role.AUDITOR, Role.ADMIN):
        with pytest.raises(OwnersActForbidden):
            add_flag(ticket.pk, by=AgentFactory(roles=[role]), type="complaint", reason="They are angry")
    flag = add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry")
    with pytest.raises(NotOwner):
        clear_flag(flag.pk, by=colleague, reason="No")
    assert CaseFlag.objects.count() == 6


def test_programs_need_their_scope(ticket: Ticket) -> None:
    other = ApiClientFactory(scopes=[Scope.TICKETS_WRITE], teams=[ticket.team])
    with pytest.raises(ScopeMissing):
        add_flag(ticket.pk, by=other, type="complaint", reason="Survey")
    program = ApiClientFactory(name="Survey", scopes=[Scope.FLAGS_WRITE], teams=[ticket.team])
    flag = add_flag(ticket.pk, by=program, type="complaint", reason="Survey")
    assert (flag.added_by, flag.added_by_name) == (None, "Survey")
    with pytest.raises(ScopeMissing):
        clear_flag(flag.pk, by=other, reason="No")
    clear_flag(flag.pk, by=program, reason="Answer was changed")


def test_113_only_supervisor_manager_or_legal_expert_clears_a_legal_flag(
    ticket: Ticket, mara: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    program = ApiClientFactory(scopes=list(Scope), teams=[ticket.team])
    expert = AgentFactory()
    for actor in (mara, ticket.team.lead, program, expert, DESK):
        with pytest.raises(LegalFlagForbidden):
            clear_flag(flag.pk, by=actor, reason="Settled")
    assert fresh(ticket).flags == ["legal"]
    for person in (ticket.team.supervisor, ticket.team.manager):
        clear_flag(flag.pk, by=person, reason="Settled")
        flag = add_flag(ticket.pk, by=mara, type="legal", reason="They write again")
    monkeypatch.setattr(policies, "legal_ways", [lambda agent, _ticket: agent.pk == expert.pk])
    clear_flag(flag.pk, by=expert, reason="Settled out of court")
    assert fresh(ticket).flags == []


def test_experts_add_flags_and_clear_none(ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    expert = AgentFactory(teams=[ticket.team])
    monkeypatch.setattr(policies, "flag_ways", [lambda agent, _ticket: agent.pk == expert.pk])
    flag = add_flag(ticket.pk, by=expert, type="physical_damage", reason="The case is broken")
    with pytest.raises(NotOwner):
        clear_flag(flag.pk, by=expert, reason="It is not")


def test_an_ended_ticket_is_flagged_by_the_desk_alone() -> None:
    lead = AgentFactory(roles=[Role.TEAM_LEAD])
    ticket = TicketFactory(team=TeamFactory(lead=lead))
    flag = add_flag(ticket.pk, by=lead, type="vip", reason="The board asks")
    cancel_ticket(ticket.pk, by=lead, code="withdrawn")
    with pytest.raises(TicketClosed):
        add_flag(ticket.pk, by=lead, type="complaint", reason="They are angry")
    with pytest.raises(TicketClosed):
        clear_flag(flag.pk, by=lead, reason="It is not")
    add_flag(ticket.pk, by=DESK, type="complaint", reason="Survey: 3 of 10")
    assert fresh(ticket).flags == ["complaint", "vip"]


def test_versions_are_compared_last(ticket: Ticket, mara: Agent) -> None:
    with pytest.raises(StaleVersion):
        add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry", version=ticket.version + 5)
    flag = add_flag(ticket.pk, by=mara, type="complaint", reason="They are angry", version=fresh(ticket).version)
    with pytest.raises(StaleVersion):
        clear_flag(flag.pk, by=mara, reason="Settled", version=flag.version + 1)
    clear_flag(flag.pk, by=mara, reason="Settled", version=flag.version)


def test_a_flag_makes_nobodys_open_form_stale(ticket: Ticket, mara: Agent) -> None:
    version = fresh(ticket).version
    add_flag(ticket.pk, by=mara, type="legal", reason="A lawyer writes")
    assert edit_ticket(ticket.pk, by=mara, version=version, product="Router").flags == ["legal"]


FACTORS = [
    ([], "1.0", "1.0"),
    (["complaint"], "1.0", "1.0"),
    (["social_media"], "1.0", "1.5"),
    (["repeat_contact"], "1.0", "1.3"),
    (["repeat_contact", "legal"], "1.0", "1.5"),
    (["vip", "legal"], "1.5", "1.5"),
]


@pytest.mark.parametrize(("types", "customer", "flag"), FACTORS)
def test_114_flags_multiply_the_score_the_highest_alone(
    types: list[str], customer: str, flag: str, ticket: Ticket, mara: Agent
) -> None:
    for name in types:
        add_flag(ticket.pk, by=mara, type=name, reason="As they say")
    assert factors_of(ticket) == (customer, flag)
    for each in CaseFlag.objects.all():
        clear_flag(each.pk, by=ticket.team.supervisor, reason="Over")
    assert factors_of(ticket) == ("1.0", "1.0")


def factors_of(ticket: Ticket) -> tuple[str, str]:
    breakdown = fresh(ticket).score_breakdown
    return breakdown["customer"], breakdown["flag"]


def test_a_new_priority_keeps_the_factors_of_the_flags(ticket: Ticket, mara: Agent) -> None:
    add_flag(ticket.pk, by=mara, type="social_media", reason="A post with 200 answers")
    edit_ticket(ticket.pk, by=mara, version=fresh(ticket).version, priority="high")
    breakdown = fresh(ticket).score_breakdown
    assert (breakdown["base"], breakdown["flag"]) == ("70.00", "1.5")


def test_refusals_leave_nothing_behind(ticket: Ticket) -> None:
    outsider = AgentFactory()
    before = ticket.entries.count()
    with pytest.raises(DomainError):
        add_flag(ticket.pk, by=outsider, type="legal", reason="A lawyer writes")
    assert (ticket.entries.count(), CaseFlag.objects.count(), fresh(ticket).flags) == (before, 0, [])
