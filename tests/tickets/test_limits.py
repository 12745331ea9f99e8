"""Limits of work in progress: who sets them, what a full column refuses, and that two acts never share a place."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Agent, Team
from tests.concurrency import in_parallel
from tests.factories import AgentFactory, ApiClientFactory, TeamFactory, TicketFactory
from tickets import services
from tickets.enums import EntryKind, TicketStatus, WipMode
from tickets.errors import LimitsForbidden, WipLimitReached
from tickets.models import Ticket, WipLimit
from tickets.services import Limit, accept_ticket, set_wip_limits
from tickets.services.creation import Message
from tickets.wording import describe

IN_PROGRESS, WAITING, CRITICAL = ("status", "in_progress"), ("status", "waiting"), ("priority", "critical")


@pytest.fixture
def lead(db: None) -> Agent:
    agent: Agent = AgentFactory(roles=[Role.TEAM_LEAD])
    return agent


@pytest.fixture
def team(lead: Agent) -> Team:
    found: Team = TeamFactory(name="Service Desk", lead=lead, supervisor=AgentFactory(roles=[Role.SUPERVISOR]))
    return found


def limit(team: Team, place: tuple[str, str], most: int | None, mode: str = WipMode.HARD) -> None:
    set_wip_limits(team.pk, by=Agent.objects.get(pk=team.lead_id), limits={place: Limit(most, mode)})


def in_work(team: Team, count: int = 1) -> list[Ticket]:
    return [TicketFactory(team=team, owner=AgentFactory(teams=[team])) for _number in range(count)]


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN])
def test_those_in_charge_of_the_team_set_limits(team: Team, role: Role) -> None:
    """permissions.md section 2, "Teams, skills, capacity"."""
    person = AgentFactory(roles=[role])
    if role != Role.ADMIN:
        setattr(team, {"team_lead": "lead"}.get(role, str(role)), person)
        team.save()
    set_wip_limits(team.pk, by=person, limits={IN_PROGRESS: Limit(3, WipMode.HARD), WAITING: Limit(None)})
    row = WipLimit.objects.get()
    assert (row.field, row.column, row.limit, row.mode) == ("status", "in_progress", 3, "hard")
    assert [(kept.actor_name, kept.limit) for kept in row.history.all()] == [(person.name, 3)]


def test_others_set_none(team: Team) -> None:
    others: list[Any] = [
        AgentFactory(teams=[team]),
        AgentFactory(roles=[Role.TEAM_LEAD], teams=[team]),
        AgentFactory(roles=[Role.AUDITOR]),
        ApiClientFactory(teams=[team]),
    ]
    for person in others:
        with pytest.raises(LimitsForbidden):
            set_wip_limits(team.pk, by=person, limits={IN_PROGRESS: Limit(3)})
    assert not WipLimit.objects.exists()


def test_a_limit_is_changed_and_taken_away_again(team: Team) -> None:
    limit(team, IN_PROGRESS, 3)
    limit(team, IN_PROGRESS, 3)
    limit(team, IN_PROGRESS, 5, WipMode.SOFT)
    limit(team, IN_PROGRESS, None)
    assert not WipLimit.objects.exists()
    kept = WipLimit.history.order_by("history_id").values_list("history_type", "limit", "mode")
    assert list(kept) == [("+", 3, "hard"), ("~", 5, "soft"), ("-", 5, "soft")]


def test_139_a_full_column_refuses_whoever_fills_it(team: Team) -> None:
    in_work(team, 2)
    limit(team, IN_PROGRESS, 2)
    ticket, agent = TicketFactory(team=team), AgentFactory(teams=[team])
    with pytest.raises(WipLimitReached) as refused:
        accept_ticket(ticket.pk, by=agent)
    problem = refused.value.as_problem()
    assert (problem["status"], problem["code"]) == (409, "wip_limit_reached")
    assert problem["detail"] == "Service Desk takes at most 2 tickets in “In progress” and has 2."
    ticket.refresh_from_db()
    assert (ticket.status, ticket.owner, ticket.entries.count()) == (TicketStatus.NEW, None, 1)


def test_139_a_soft_limit_lets_everything_pass_and_says_so_in_the_log(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    in_work(team, 1)
    limit(team, IN_PROGRESS, 1, WipMode.SOFT)
    with caplog.at_level("INFO", logger="tickets.services._wip"):
        accept_ticket(TicketFactory(team=team).pk, by=AgentFactory(teams=[team]))
    record = caplog.records[-1]
    assert (record.message, record.limit, record.count, record.column) == (  # type: ignore[attr-defined]
        "wip limit exceeded",
        1,
        1,
        "in_progress",
    )


def test_limits_of_one_team_are_nothing_to_another(team: Team) -> None:
    in_work(team, 1)
    limit(team, IN_PROGRESS, 1)
    other = TeamFactory()
    accept_ticket(TicketFactory(team=other).pk, by=AgentFactory(teams=[other]))


def test_every_way_into_a_full_column_asks(team: Team) -> None:
    """The columns of domain.md section 17: both kinds of waiting are one column, which one does not enter twice."""
    ann = AgentFactory(teams=[team])
    resolved, waiting, working = (TicketFactory(team=team, owner=ann) for _number in range(3))
    services.resolve_ticket(resolved.pk, by=ann, code="fixed", note="Done.")
    Ticket.objects.filter(pk=waiting.pk).update(last_customer_message_at=None)
    Ticket.objects.filter(pk=working.pk).update(last_customer_message_at=None)
    services.wait_for_customer(waiting.pk, by=ann)
    for place in (IN_PROGRESS, WAITING, ("status", "resolved"), CRITICAL, ("priority", "medium")):
        limit(team, place, 1)
    foreign = TicketFactory(priority="medium")
    foreign.team.lead = AgentFactory(roles=[Role.TEAM_LEAD])
    foreign.team.save()
    TicketFactory(team=team, priority="critical")
    acts = [
        lambda: services.wait_for_customer(working.pk, by=ann),
        lambda: services.resume_ticket(waiting.pk, by=ann),
        lambda: services.resolve_ticket(working.pk, by=ann, code="fixed", note="Done."),
        lambda: services.reopen_ticket(resolved.pk, by=ann),
        lambda: services.edit_ticket(working.pk, by=ann, version=_version(working), priority="critical", reason="Off"),
        lambda: services.change_team(foreign.pk, by=foreign.team.lead, team=team),
    ]
    for act in acts:
        with pytest.raises(WipLimitReached):
            act()
    Ticket.objects.filter(pk=waiting.pk).update(status="waiting_internal")
    services.wait_for_customer(waiting.pk, by=ann)  # its column stays the same


def _version(ticket: Ticket) -> int:
    return int(Ticket.objects.values_list("version", flat=True).get(pk=ticket.pk))


def test_what_customers_write_is_never_refused(team: Team) -> None:
    in_work(team, 1)
    ann = AgentFactory(teams=[team])
    waiting = TicketFactory(team=team, owner=ann)
    Ticket.objects.filter(pk=waiting.pk).update(last_customer_message_at=None)
    services.wait_for_customer(waiting.pk, by=ann)
    limit(team, IN_PROGRESS, 1)
    services.record_customer_message(waiting.pk, by=waiting.requester, message=Message(body_text="Any news?"))
    waiting.refresh_from_db()
    assert waiting.status == TicketStatus.IN_PROGRESS


def test_139_a_supervisor_goes_beyond_it_with_a_reason_which_stays_on_the_timeline(team: Team) -> None:
    in_work(team, 1)
    limit(team, IN_PROGRESS, 1)
    sam = Agent.objects.get(pk=team.supervisor_id)
    ticket = TicketFactory(team=team)
    with pytest.raises(WipLimitReached):
        accept_ticket(ticket.pk, by=sam)
    with pytest.raises(WipLimitReached):
        accept_ticket(ticket.pk, by=AgentFactory(teams=[team]), over_limit="I want it.")
    with pytest.raises(WipLimitReached):
        accept_ticket(ticket.pk, by=sam, over_limit="  ")
    accept_ticket(ticket.pk, by=sam, over_limit="The mayor calls.")
    told = ticket.entries.get(kind=EntryKind.CHANGE)
    assert (describe(told), told.body_text) == ("Beyond the limit of “In progress”: 2 of at most 1", "The mayor calls.")


@pytest.mark.django_db(transaction=True)
def test_139_of_two_simultaneous_acts_one_gets_the_last_place() -> None:
    """Two threads; fails without the lock on the limit."""
    team = TeamFactory(lead=AgentFactory(roles=[Role.TEAM_LEAD]))
    limit(team, IN_PROGRESS, 3)
    people = AgentFactory.create_batch(8, teams=[team])
    tickets = TicketFactory.create_batch(8, team=team)
    acts = [
        lambda ticket=ticket, agent=agent: accept_ticket(ticket.pk, by=agent)
        for ticket, agent in zip(tickets, people, strict=True)
    ]
    outcomes = [type(outcome).__name__ for outcome in in_parallel(*acts)]
    assert sorted(outcomes) == ["Ticket"] * 3 + ["WipLimitReached"] * 5
    assert Ticket.objects.filter(team=team, status=TicketStatus.IN_PROGRESS).count() == 3


def test_without_limits_no_act_costs_a_statement_more(team: Team) -> None:
    ticket, agent = TicketFactory(team=team), AgentFactory(teams=[team])
    with CaptureQueriesContext(connection) as captured:
        accept_ticket(ticket.pk, by=agent)
    asked = [query["sql"] for query in captured if 'FROM "tickets_wiplimit"' in query["sql"]]
    assert len(asked) == 1, "only within the look at the ticket"
    assert "tickets_ticket" in asked[0]
